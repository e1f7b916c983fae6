// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/clock.hpp>

#include "engine/mark.hpp"
#include "engine/protocol.hpp"
#include "engine/scope.hpp"

namespace lkdoctor::engine {

/// What the engine grants a worker. Tests grant less.
struct WorkerLimits {
  Milliseconds silence{2000};           ///< without a tick, then it hangs
  Milliseconds grace{2000};             ///< for a check to end once it is cancelled
  std::size_t memory_bytes = 1U << 30;  ///< address space beyond what it starts with
  std::size_t job_bytes = kTotalLimit;  ///< that one job may say through one worker
};

inline constexpr int kOutOfMemory = 97;  ///< exit status of a worker whose memory limit was reached

/// The worker's main: runs what it is ordered to through `socket` (see protocol.hpp) until its end of file.
/// Called in a fresh child of a process with one thread; never returns and flushes nothing of the parent's.
[[noreturn]] void run_worker(int socket, const Scope& scope, SharedMark& mark,
                             const WorkerLimits& limits) noexcept;

/// No crash of this process, or of a child of it, leaves its memory in a file: secrets are in it.
void forbid_core_files();

/// Bounds memory and core files, detaches from terminal signals, and ties this process to its parent:
/// when the parent dies or sends SIGUSR1, at most 1 s is left for cleaning up. Called in the child alone.
void confine_worker(int socket, int parent, const WorkerLimits& limits);

}  // namespace lkdoctor::engine
