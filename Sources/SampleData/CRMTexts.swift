/// The words that the data is made of, as bytes ready for CSV: what needs quotes has them.
enum CRMTexts {
  static let stages = bytes(["new", "qualified", "proposal", "negotiation", "won", "lost"])
  static let stageTitles = bytes([
    "Новая", "Квалификация", "Предложение", "Переговоры", "Успешно", "Отказ",
  ])
  static let sourceCodes = bytes([
    "site", "phone", "email", "telegram", "whatsapp", "instagram", "partner", "exhibition",
  ])
  static let sourceTypes = bytes([
    "online", "call", "online", "messenger", "messenger", "social", "partner", "offline",
  ])
  static let sourceTitles = bytes([
    "Сайт", "Звонок", "Почта", "Telegram", "WhatsApp", "Instagram", "Партнёры", "Выставка",
  ])
  static let currencies = bytes(["RUB", "USD", "EUR"])
  static let activityKinds = bytes(["call", "meeting", "email", "message", "task"])
  static let cities = bytes([
    "Москва", "Санкт-Петербург", "Казань", "Екатеринбург", "Новосибирск", "Berlin", "London",
    "Алматы", "Минск", "Тбилиси", "Самара", "Владивосток",
  ])
  static let firstNames = bytes([
    "Анна", "Иван", "Мария", "Пётр", "Ольга", "Сергей", "Елена", "Дмитрий", "Юлия", "Алексей",
    "Наталья", "Фёдор", "Kate", "John", "Ёлка", "Тимур",
  ])
  static let lastNames = bytes([
    "Шевченко", "Коваленко", "Дюма", "Цой", "Тер-Петросян", "Smith", "Ли", "Короленко", "O'Brien",
    "Гёте", "Ким", "Белых", "Черных", "Müller", "Седых", "Бах",
  ])
  static let departments = bytes([
    "Продажи", "Опт", "\"Ключевые клиенты, Москва\"", "Розница", "Export", "Сервис",
  ])
  static let pipelines = bytes(["Основная", "Повторные продажи", "Тендеры"])
  static let tenants = bytes([
    "\"ООО \"\"Ромашка\"\"\"", "Северный ветер", "Acme Trading", "Поле и лес", "Blue Harbour",
    "\"Кузнецов, сыновья и Ко\"", "Заря", "Forty Two",
  ])
  static let zones = bytes(["Europe/Moscow", "Europe/Moscow", "UTC", "Asia/Yekaterinburg"])
  static let companies = bytes([
    "ООО Вектор ", "АО Меридиан ", "ИП Соколова ", "Blue Ridge Ltd ", "\"\"\"Восход\"\" ", "Sigma ",
    "\"Терра, филиал ", "ТД Мост ",
  ])
  /// What closes the quotes of the company of the same number.
  static let companyEnds = bytes(["", "", "", "", "\"", "", "\"", ""])
  static let dealTitles = bytes([
    "Deal ", "Поставка ", "Сделка ", "Order ", "Договор ", "Renewal ", "Проект ", "Deal ",
    "Поставка серверов ", "Support ", "Заказ ", "Лицензии ", "\"Заказ \"\"Экспресс\"\" ",
    "\"Contract, renewal ", "Внедрение ", "Аудит ",
  ])
  static let dealTitleEnds = bytes([
    "", "", "", "", "", "", "", "", "", "", "", "", "\"", "\"", "", "",
  ])
  static let leadTitles = bytes([
    "Заявка ", "Request ", "Обращение ", "Звонок ", "\"Вопрос, сайт ", "Inquiry ", "Заявка ",
    "\"\"\"Хочу купить\"\" ",
  ])
  static let leadTitleEnds = bytes(["", "", "", "", "\"", "", "", "\""])
  static let subjects = bytes([
    "Перезвонить клиенту", "Отправить КП", "Send the contract", "\"Встреча, офис\"", "Follow up",
    "Выставить счёт", "Demo", "Согласовать скидку", "\"Уточнить \"\"сроки\"\"\"",
    "Напомнить об оплате",
    "Prepare the offer", "Итоги звонка", "Подписать акт", "Check delivery", "Поздравить",
    "\"Перезвонить\nпосле обеда\"",
  ])

  static let dealStatuses = bytes(["open", "won", "lost"])
  static let leadStatuses = bytes(["new", "in work", "converted", "rejected"])
  static let activityStatuses = bytes(["planned", "done", "cancelled"])
  static let customerKinds = bytes(["company", "person"])
  static let flags = bytes(["false", "true"])
  static let mailbox = Array("manager".utf8)
  static let mailDomain = Array("@example.com".utf8)

  private static func bytes(_ texts: [String]) -> [[UInt8]] {
    texts.map { Array($0.utf8) }
  }
}
