// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/clock.hpp>
#include <lkdoctor/json.hpp>
#include <map>
#include <optional>
#include <string>
#include <variant>

#include "engine/scope.hpp"

/// What the engine and a worker say to each other: one JSON object a line, at most `kLineLimit` bytes.
///
///   engine → worker
///     {"job": 7, "target": 0, "run": "tls_public", "facts": {"public_addresses": {…}}, "deadline_ms": 9800}
///         Start this check of job 7 now, against the target at this place of the scope, and cancel it in
///         9.8 s. `facts`: those of job 7 that this worker does not know, because a former one published
///         them. The first order with a number begins that job. No job sees the facts of another.
///     {"cancel": 7}
///         Job 7 is over: cancel what still runs of it and forget it. What is cancelled still says its end.
///     end of file
///         Cancel everything, clean up, exit.
///
///   worker → engine
///     {"tick": true}                  every quarter of the allowed silence, as long as a check runs
///     {"job": 7, "check": "…", "log": "line"}
///     {"job": 7, "check": "…", "phase": "connect", "took_us": 812}
///     {"job": 7, "check": "…", "effect": "request|unauthorized|join|room"}  counted by the engine
///     {"job": 7, "check": "…", "fact": "public_addresses", "value": {…}}
///     {"job": 7, "check": "…", "observation": {…}, "took_us": 41000}        the check has ended
///     {"job": 7, "check": "…", "failed": "sentence", "took_us": 41000}      the check has ended
///
/// What a worker says of a job that is over, or of a check that does not run, is ignored. Anything else from
/// a worker is garbage, and the worker is replaced.
namespace lkdoctor::engine {

inline constexpr std::size_t kLineLimit = 4 << 20;    ///< bytes of one line
inline constexpr std::size_t kTotalLimit = 64 << 20;  ///< bytes of all that one job says
inline constexpr std::size_t kDepthLimit = 64;        ///< nesting of one line

struct Order {
  JobNumber job = 0;
  std::size_t target = 0;
  std::string run;
  std::map<std::string, Json> facts;
  Milliseconds deadline{0};
};
struct Cancel {
  JobNumber job = 0;
};
using Command = std::variant<Order, Cancel>;

struct Message {
  enum class Kind { tick, log, phase, effect, fact, observation, failed } kind = Kind::tick;
  JobNumber job = 0;
  std::string check;
  std::string text;  ///< the log line; the name of phase, effect or fact; the sentence of `failed`
  Json value;        ///< of fact and observation
  Microseconds took{0};
};

std::string encode(const Order& order);      ///< with its line feed
std::string encode(const Cancel& cancel);    ///< with its line feed
std::string encode(const Message& message);  ///< with its line feed
std::optional<Command> decode_command(std::string_view line);
std::optional<Message> decode_message(std::string_view line);

}  // namespace lkdoctor::engine
