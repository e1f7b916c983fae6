// SPDX-License-Identifier: EUPL-1.2
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <new>

#include "engine/worker.hpp"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LKDOCTOR_SHADOW_MEMORY 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define LKDOCTOR_SHADOW_MEMORY 1
#endif
#endif

namespace lkdoctor::engine {
namespace {

constexpr unsigned kCleanUpSeconds = 1;

/// Nobody waits any longer: the default action of SIGALRM ends the process, even one that spins.
void end_soon(int) {
  alarm(kCleanUpSeconds);
}

[[noreturn]] void out_of_memory() {
  _exit(kOutOfMemory);
}

void bound_memory([[maybe_unused]] std::size_t beyond) {
#ifndef LKDOCTOR_SHADOW_MEMORY  // sanitizers map terabytes
  unsigned long pages = 0;
  std::FILE* statm = std::fopen("/proc/self/statm", "re");
  if (statm == nullptr) return;
  const int found = std::fscanf(statm, "%lu", &pages);
  std::fclose(statm);
  if (found != 1) return;
  const rlim_t most = pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) + beyond;
  const rlimit limit{most, most};
  setrlimit(RLIMIT_AS, &limit);
#endif
}

void close_all_but(int kept) {
  const auto fd = static_cast<unsigned>(kept);
  if (fd > 3) close_range(3, fd - 1, 0);
  close_range(fd + 1, ~0U, 0);
}

void detach_output() {
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) return;
  dup2(null, STDIN_FILENO);
  dup2(null, STDOUT_FILENO);
#ifdef NDEBUG  // while developing, a worker's last words are worth reading
  dup2(null, STDERR_FILENO);
#endif
  if (null > STDERR_FILENO) close(null);
}

}  // namespace

void forbid_core_files() {
  // 1, not 0: the kernel takes 1 as "no core" for a pipe in core_pattern too.
  const rlimit no_core{1, 1};
  setrlimit(RLIMIT_CORE, &no_core);
}

void confine_worker(int socket, int parent, const WorkerLimits& limits) {
  for (const int ignored : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) std::signal(ignored, SIG_IGN);
  // A handler of the parent's would write into a descriptor that is something else by now.
  for (const int handled : {SIGALRM, SIGCHLD, SIGUSR2}) std::signal(handled, SIG_DFL);
  std::signal(SIGUSR1, end_soon);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  prctl(PR_SET_PDEATHSIG, SIGUSR1);
  if (getppid() != parent) _exit(0);
  prctl(PR_SET_NAME, "lkdoctor-worker");
  forbid_core_files();
  detach_output();
  close_all_but(socket);
  bound_memory(limits.memory_bytes);
  std::set_new_handler(out_of_memory);
}

}  // namespace lkdoctor::engine
