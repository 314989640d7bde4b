#ifndef ALMANAC_CSYSTEMSHIMS_H
#define ALMANAC_CSYSTEMSHIMS_H

// Calls that Swift cannot import (macros, bit fields, variadic functions, C unions of socket
// addresses), each a thin function that answers -1 and errno like the call it wraps.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <dirent.h>
#include <stddef.h>
#include <stdint.h>

/// The text of an errno, in `buffer` or in constant memory.
const char *sys_error_text(int error, char *buffer, size_t size);

/// The zero-terminated name of a directory entry.
const char *sys_entry_name(const struct dirent *entry);

/// sync_file_range with SYNC_FILE_RANGE_WRITE.
int sys_start_writeback(int descriptor, int64_t offset, int64_t count);
/// fallocate that keeps the file's size.
int sys_preallocate(int descriptor, int64_t offset, int64_t count);

/// Listens on a numeric address or host name; port 0 lets the system choose.
int sys_tcp_listen(const char *host, uint16_t port, int backlog);
/// Connects; the socket is blocking afterwards. ETIMEDOUT after `timeout_ms` (-1: never).
int sys_tcp_connect(const char *host, uint16_t port, int timeout_ms);
/// Listens on a socket file, which must not exist.
int sys_unix_listen(const char *path, int backlog);
int sys_unix_connect(const char *path);
/// Accepts a connection, close-on-exec.
int sys_accept(int listener);
/// The port a bound socket has, or -1.
int sys_local_port(int descriptor);
int sys_set_nonblocking(int descriptor, int on);
int sys_set_no_delay(int descriptor);
int sys_set_keep_alive(int descriptor, int idle_seconds);
/// Sends without SIGPIPE, waiting for room only when `waits`.
ptrdiff_t sys_send(int descriptor, const void *bytes, size_t count, int waits);

/// A counter to wake a poll, non-blocking and close-on-exec.
int sys_eventfd(void);
/// Blocks the signals in this thread and the threads it will start; a descriptor that reads them.
int sys_signal_descriptor(const int *signals, int count);
/// Reads one signal number from the descriptor; -1 and errno.
int sys_read_signal(int descriptor);
/// Sets the dispositions of SIGPIPE and SIGXFSZ to "ignore".
int sys_ignore_write_signals(void);

/// Starts a thread of `stack_bytes`; `body` gets `context`. Returns 0 or an errno.
int sys_start_thread(uint64_t *thread, size_t stack_bytes, void *(*body)(void *), void *context);
int sys_join_thread(uint64_t thread);
void sys_name_this_thread(const char *name);

/// Lets the kernel prefer other threads to the calling one: nice 10 on Linux, nothing elsewhere.
void sys_lower_priority_of_this_thread(void);

/// Tells malloc not to give freed memory back to the kernel.
void sys_keep_freed_memory(void);

/// getrandom without flags.
ptrdiff_t sys_entropy(void *bytes, size_t count);

/// 1 when this CPU has all of x86-64-v3 and carry-less multiplication; 1 on other architectures.
int sys_cpu_is_supported(void);

#endif
