#define _GNU_SOURCE 1
#include "csystemshims.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

const char *sys_error_text(int error, char *buffer, size_t size) {
  return strerror_r(error, buffer, size);
}

const char *sys_entry_name(const struct dirent *entry) { return entry->d_name; }

int sys_start_writeback(int descriptor, int64_t offset, int64_t count) {
  return sync_file_range(descriptor, offset, count, SYNC_FILE_RANGE_WRITE);
}

int sys_preallocate(int descriptor, int64_t offset, int64_t count) {
  return fallocate(descriptor, FALLOC_FL_KEEP_SIZE, offset, count);
}

/// Closes without touching errno; -1.
static int fail_and_close(int descriptor) {
  int error = errno;
  close(descriptor);
  errno = error;
  return -1;
}

static struct addrinfo *resolve(const char *host, uint16_t port, int passive) {
  struct addrinfo hints = {0};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | (passive ? AI_PASSIVE : 0);
  char service[8];
  snprintf(service, sizeof service, "%u", (unsigned)port);
  struct addrinfo *found = NULL;
  int status = getaddrinfo(host, service, &hints, &found);
  if (status == 0) return found;
  errno = status == EAI_SYSTEM ? errno : EADDRNOTAVAIL;
  return NULL;
}

int sys_tcp_listen(const char *host, uint16_t port, int backlog) {
  struct addrinfo *addresses = resolve(host, port, 1);
  if (!addresses) return -1;
  int result = -1;
  for (struct addrinfo *a = addresses; a && result < 0; a = a->ai_next) {
    int s = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s < 0) continue;
    int on = 1;
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(s, a->ai_addr, a->ai_addrlen) == 0 && listen(s, backlog) == 0)
      result = s;
    else
      fail_and_close(s);
  }
  int error = errno;
  freeaddrinfo(addresses);
  errno = error;
  return result;
}

/// Connects a non-blocking socket and waits for the answer.
static int connect_within(int s, const struct sockaddr *address, socklen_t size, int timeout_ms) {
  if (connect(s, address, size) == 0) return 0;
  if (errno != EINPROGRESS && errno != EINTR) return -1;
  struct pollfd wait = {.fd = s, .events = POLLOUT};
  int ready;
  do ready = poll(&wait, 1, timeout_ms);
  while (ready < 0 && errno == EINTR);
  if (ready == 0) errno = ETIMEDOUT;
  if (ready <= 0) return -1;
  int error = 0;
  socklen_t length = sizeof error;
  if (getsockopt(s, SOL_SOCKET, SO_ERROR, &error, &length) != 0) return -1;
  errno = error;
  return error ? -1 : 0;
}

int sys_tcp_connect(const char *host, uint16_t port, int timeout_ms) {
  struct addrinfo *addresses = resolve(host, port, 0);
  if (!addresses) return -1;
  int result = -1;
  for (struct addrinfo *a = addresses; a && result < 0; a = a->ai_next) {
    int s = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s < 0) continue;
    if (connect_within(s, a->ai_addr, a->ai_addrlen, timeout_ms) == 0 &&
        sys_set_nonblocking(s, 0) == 0)
      result = s;
    else
      fail_and_close(s);
  }
  int error = errno;
  freeaddrinfo(addresses);
  errno = error;
  return result;
}

static int unix_address(struct sockaddr_un *address, const char *path) {
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  if (strlen(path) >= sizeof address->sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  strcpy(address->sun_path, path);
  return 0;
}

int sys_unix_listen(const char *path, int backlog) {
  struct sockaddr_un address;
  if (unix_address(&address, path) != 0) return -1;
  int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (s < 0) return -1;
  if (bind(s, (struct sockaddr *)&address, sizeof address) != 0) return fail_and_close(s);
  if (listen(s, backlog) != 0) return fail_and_close(s);
  return s;
}

int sys_unix_connect(const char *path) {
  struct sockaddr_un address;
  if (unix_address(&address, path) != 0) return -1;
  int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (s < 0) return -1;
  if (connect(s, (struct sockaddr *)&address, sizeof address) != 0) return fail_and_close(s);
  return s;
}

int sys_accept(int listener) { return accept4(listener, NULL, NULL, SOCK_CLOEXEC); }

int sys_local_port(int descriptor) {
  struct sockaddr_storage address;
  socklen_t size = sizeof address;
  if (getsockname(descriptor, (struct sockaddr *)&address, &size) != 0) return -1;
  if (address.ss_family == AF_INET) return ntohs(((struct sockaddr_in *)&address)->sin_port);
  if (address.ss_family == AF_INET6) return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
  errno = EAFNOSUPPORT;
  return -1;
}

int sys_set_nonblocking(int descriptor, int on) {
  int flags = fcntl(descriptor, F_GETFL);
  if (flags < 0) return -1;
  return fcntl(descriptor, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
}

int sys_set_no_delay(int descriptor) {
  int on = 1;
  return setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

int sys_set_keep_alive(int descriptor, int idle_seconds) {
  int on = 1;
  if (setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on) != 0) return -1;
  return setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, &idle_seconds, sizeof idle_seconds);
}

ptrdiff_t sys_send(int descriptor, const void *bytes, size_t count, int waits) {
  return send(descriptor, bytes, count, MSG_NOSIGNAL | (waits ? 0 : MSG_DONTWAIT));
}

int sys_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

int sys_signal_descriptor(const int *signals, int count) {
  sigset_t set;
  sigemptyset(&set);
  for (int i = 0; i < count; i++) sigaddset(&set, signals[i]);
  int error = pthread_sigmask(SIG_BLOCK, &set, NULL);
  if (error != 0) {
    errno = error;
    return -1;
  }
  return signalfd(-1, &set, SFD_CLOEXEC);
}

int sys_read_signal(int descriptor) {
  struct signalfd_siginfo information;
  ssize_t count = read(descriptor, &information, sizeof information);
  if (count == (ssize_t)sizeof information) return (int)information.ssi_signo;
  if (count >= 0) errno = EIO;
  return -1;
}

int sys_ignore_write_signals(void) {
  if (signal(SIGPIPE, SIG_IGN) == SIG_ERR) return -1;
  return signal(SIGXFSZ, SIG_IGN) == SIG_ERR ? -1 : 0;
}

int sys_start_thread(uint64_t *thread, size_t stack_bytes, void *(*body)(void *), void *context) {
  pthread_attr_t attributes;
  int error = pthread_attr_init(&attributes);
  if (error != 0) return error;
  error = pthread_attr_setstacksize(&attributes, stack_bytes);
  pthread_t started = 0;
  if (error == 0) error = pthread_create(&started, &attributes, body, context);
  pthread_attr_destroy(&attributes);
  *thread = (uint64_t)started;
  return error;
}

int sys_join_thread(uint64_t thread) { return pthread_join((pthread_t)thread, NULL); }

void sys_name_this_thread(const char *name) {
  char shortened[16] = {0};
  strncpy(shortened, name, sizeof shortened - 1);
  pthread_setname_np(pthread_self(), shortened);
}

void sys_lower_priority_of_this_thread(void) {
#if defined(__linux__)
  // On Linux this is of the thread, whatever POSIX says.
  setpriority(PRIO_PROCESS, 0, 10);
#endif
}

ptrdiff_t sys_entropy(void *bytes, size_t count) { return getrandom(bytes, count, 0); }

void sys_keep_freed_memory(void) {
#if defined(__GLIBC__)
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
#endif
}

int sys_cpu_is_supported(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
         __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("fma") &&
         __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.2");
#else
  return 1;
#endif
}
