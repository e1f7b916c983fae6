// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "serve/history_store.hpp"

/// Between History and its writer: lines of JSON over a socket pair.
///   {"moment": {…}, "number": n}     to the writer; kept with the next commit
///   {"question": {…}, "number": n}   to the writer; answered after a commit of what came before
///   {"kept": n}                      from the writer: every moment up to n is in the store, or is told to be
///   lost
///   {"past": {target: {…}}, "number": n}
///   {"told": "sentence"}
namespace lkdoctor::serve {

/// The writer's main: serves `socket` until its end of file, then commits and ends. Called in a fresh child
/// of a process with one thread.
[[noreturn]] void run_history_writer(int socket, const std::string& path,
                                     const HistoryLimits& limits) noexcept;

}  // namespace lkdoctor::serve
