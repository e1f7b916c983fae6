// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/clock.hpp>
#include <lkdoctor/json.hpp>
#include <map>
#include <optional>
#include <string>

/// What the engine and a worker say to each other: one JSON object a line, at most `kLineLimit` bytes.
///
///   engine → worker
///     {"run": "tls_public", "facts": {"public_addresses": {…}}, "deadline_ms": 9800}
///         Start this check now and cancel it in 9.8 s. `facts`: those published since the last order.
///     end of file
///         Cancel everything, clean up, exit.
///
///   worker → engine
///     {"tick": true}                                              every quarter of the allowed silence
///     {"check": "…", "log": "line"}
///     {"check": "…", "phase": "connect", "took_us": 812}
///     {"check": "…", "effect": "request|unauthorized|join|room"}  counted by the engine
///     {"check": "…", "fact": "public_addresses", "value": {…}}
///     {"check": "…", "observation": {…}, "took_us": 41000}        the check has ended
///     {"check": "…", "failed": "sentence", "took_us": 41000}      the check has ended
///
/// Anything else from a worker is garbage, and the worker is replaced.
namespace lkdoctor::engine {

inline constexpr std::size_t kLineLimit = 4 << 20;    ///< bytes of one line
inline constexpr std::size_t kTotalLimit = 64 << 20;  ///< bytes one worker may say in all
inline constexpr std::size_t kDepthLimit = 64;        ///< nesting of one line

struct Order {
  std::string run;
  std::map<std::string, Json> facts;
  Milliseconds deadline{0};
};

struct Message {
  enum class Kind { tick, log, phase, effect, fact, observation, failed } kind = Kind::tick;
  std::string check;
  std::string text;  ///< the log line; the name of phase, effect or fact; the sentence of `failed`
  Json value;        ///< of fact and observation
  Microseconds took{0};
};

std::string encode(const Order& order);      ///< with its line feed
std::string encode(const Message& message);  ///< with its line feed
std::optional<Order> decode_order(std::string_view line);
std::optional<Message> decode_message(std::string_view line);

}  // namespace lkdoctor::engine
