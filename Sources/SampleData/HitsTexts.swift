/// The words that page views are made of, as bytes ready for CSV.
enum HitsTexts {
  static let empty = Array("\"\"".utf8)
  static let scheme = Array("http://".utf8)
  static let secureScheme = Array("https://".utf8)
  static let worldWideWeb = Array("www.".utf8)
  static let mobile = Array("m.".utf8)
  static let googleDomain = Array(".google.com".utf8)
  static let googleMark = Array("?utm_source=google&utm_medium=cpc".utf8)
  static let domains = bytes([".ru", ".com", ".ru", ".ua", ".net", ".ru", ".kz"])
  /// 64 words of addresses.
  static let pathWords = words(
    """
    avto dom mebel novosti sport video foto forum shop market kniga muzyka kino igry rabota vakansii \
    kvartira arenda remont stroika okna dveri dacha sad ryba recept kuhnya moda obuv sumki chasy telefon \
    noutbuk planshet kamera printer bilety otel tury more gory lyzhi velo moto shiny zapchasti servis bank \
    kredit ipoteka pogoda karta gorod region shkola vuz kurs deti igrushki zdorovie apteka doktor krasota dieta
    """
  )
  /// 64 words of titles.
  static let titleWords = words(
    """
    Автомобили Новости Погода Квартиры Работа Объявления Форум Фотографии Видео Музыка Фильмы Игры Рецепты \
    Мода Обувь Сумки Часы Телефоны Ноутбуки Планшеты Билеты Отели Туры Карты Магазин Каталог Цены Отзывы \
    Характеристики Доставка Москва Санкт-Петербург Киев Казань Самара Россия Украина онлайн бесплатно скачать \
    купить недорого смотреть 2013 года июль лучшие новые подержанные продажа аренда ремонт советы статьи \
    обзор история School News Sport Cars Hotel Forum Shop Online
    """
  )
  /// 64 words of search phrases.
  static let searchWords = words(
    """
    купить скачать смотреть онлайн бесплатно фильм сериал песня игра карта погода расписание автобус поезд \
    билеты отель тур море дача дом квартира снять продать цена отзывы фото видео рецепт торт салат платье \
    туфли телефон ноутбук драйвер программа windows google одноклассники вконтакте facebook новости курс \
    доллара работа вакансии резюме школа сочинение реферат тест гороскоп сонник стихи поздравления с днем \
    рождения москва спб киев 2013 авто чемпионат
    """
  )
  static let pathStarts = bytes([
    "catalog/", "news/2013/07/", "forum/viewtopic.php?f=12&t=", "",
    "search/?lang=ru&text=%D0%BA%D1%83",
    "index.php?option=com_content&view=article&cat=", "users/", "photo/album/",
  ])
  static let pathWordCounts = [2, 3, 0, 3, 1, 2, 1, 2]
  static let pathMiddles = bytes([
    "/", "-", "", "-", "%D0%BF%D0%B8%D1%82%D1%8C&p=", "&id=", "/id", "/",
  ])
  static let pathEnds = bytes([
    ".html", "/", "&start=20", ".html", "&sort=price&how=asc", "&Itemid=101", "", "/#image",
  ])
  static let titleStarts = bytes([
    "", "", "Купить ", "Каталог, ", "", "Статья \"\"", "Фото: ", "Тема ",
  ])
  static let titleGlue = bytes([" ", " ", " и ", ", ", " — ", " ", " ", " "])
  static let titleEnds = bytes(["", "", " в Москве", "", " | Форум", "\"\"", "", ""])
  static let titleDash = Array(" - ".utf8)
  static let googleTitle = Array(" Google Maps".utf8)

  /// The start of a referer by the search engine's rank, from 1; engines 3 and on share the last.
  static let searchReferers = bytes([
    "", "http://yandex.ru/yandsearch?lr=213&text=%D1%81%D0%BA&rdrnd=",
    "http://www.google.ru/url?sa=t&rct=j&q=&cad=rja&ved=",
    "http://go.mail.ru/search?fm=1&q=%D1%84%D0%BE&num=",
  ])
  static let advertisementReferer = Array("http://an.yandex.ru/count/".utf8)

  static let flashMinors = bytes(["700", "\"\"", "202", "228", "232", "262"])
  static let agentMinors = bytes([
    "0", "1", "D0", "K3", "5.1", "\"\"", "22", "4x", "r8", "0b", "7a", "9.3",
  ])
  static let hitColors = bytes(["5", "5", "5", "5", "5", "5", "g", "r", "F", "D", "T", "E"])
  static let languages = bytes([
    "S0", "S1", "ru", "uk", "en", "kk", "be", "de", "tr", "az", "hy", "\"\"", "ka", "fr", "es",
    "pl",
  ])
  static let countries = bytes([
    "RU", "RU", "RU", "UA", "UA", "KZ", "BY", "DE", "TR", "AZ", "US", "\"\"", "PL", "IL", "LV",
    "GE",
  ])
  static let charsets = bytes(["windows-1251", "utf-8", "utf-8", "\"\"", "koi8-r", "utf-8;charset"])
  static let phones = bytes([
    "iPhone", "iPad", "iPod", "GT-I9100", "GT-I9300", "GT-P5100", "A500", "Nexus 7", "HTC One X",
    "HTC Desire",
    "Lumia 920", "Lumia 800", "N8-00", "E52", "Xperia Z", "LT26i", "MID", "PMP5580", "IdeaTab",
    "Desire HD",
    "P500", "E612", "ZTE V880", "Fly IQ440", "Explay", "TAB411", "Bold 9900", "Wildfire", "MT11i",
    "S5660",
    "Galaxy Nexus", "Optimus",
  ])
  static let parameters = bytes(["order=1&step=2", "goal/basket", "click_banner", "form_sent"])
  static let socialNetworks = bytes(["vkontakte", "facebook", "odnoklassniki", "twitter"])
  static let socialActions = bytes(["like", "share", "unlike"])
  static let socialPages = bytes(["club", "id", "public", "event"])
  static let currencies = bytes(["RUB", "USD", "UAH", "NH"])
  static let openstatNames = bytes(["direct.yandex.ru", "begun.ru", "target.my.com", "market"])
  static let utmSources = bytes([
    "yandex", "google", "mail", "vk", "newsletter", "begun", "rbc", "partner",
  ])
  static let utmMedia = bytes(["cpc", "email", "banner", "cpm"])
  static let fromTags = bytes(["top", "menu", "footer", "related"])
  /// Screens, width by height; the first are the most usual.
  static let screens: [(width: Int, height: Int)] = [
    (1366, 768), (1280, 1024), (1920, 1080), (1024, 768), (1600, 900), (1280, 800), (1440, 900),
    (1680, 1050),
    (1152, 864), (768, 1024), (320, 480), (1024, 600), (0, 0), (800, 600), (720, 1280), (540, 960),
  ]

  private static func words(_ text: String) -> [[UInt8]] {
    text.split(whereSeparator: \.isWhitespace).map { Array($0.utf8) }
  }

  private static func bytes(_ texts: [String]) -> [[UInt8]] {
    texts.map { Array($0.utf8) }
  }
}
