// SPDX-License-Identifier: EUPL-1.2
#include "engine/worker_probe.hpp"

#include <algorithm>
#include <lkdoctor/text.hpp>

namespace lkdoctor::engine {
namespace {

constexpr int kLogLines = 300;  // of one check; a flood must not drown what other checks say
constexpr int kPhases = 200;

}  // namespace

using Kind = Message::Kind;

void WorkerProbe::log(std::string line) {
  if (++lines_ > kLogLines) return;
  say(Kind::log, lines_ == kLogLines ? "further lines are left out" : printable(line, kLogLine));
}

void WorkerProbe::phase(std::string_view name, Microseconds took) {
  if (++phases_ > kPhases) return;
  Message said = message(Kind::phase, std::string(name));
  said.took = took;
  wire_.send(said);
}

void WorkerProbe::count_join(bool new_room) {
  say(Kind::effect, "join");
  if (new_room) say(Kind::effect, "room");
}

void WorkerProbe::publish_json(std::string_view name, Json value) {
  if (std::ranges::find(info_.gives, name) == info_.gives.end()) {
    throw std::logic_error("published " + std::string(name) + ", which is not among its `gives`");
  }
  if (job_->facts.has(name)) return log("published " + std::string(name) + " twice; the first one stays");
  Message said = message(Kind::fact, std::string(name));
  said.value = std::move(value);
  if (!wire_.send(said)) {
    throw std::length_error("the fact " + std::string(name) + " is too long or too deep");
  }
  job_->facts.set(name, std::move(said.value));
}

}  // namespace lkdoctor::engine
