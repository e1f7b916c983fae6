// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/check.hpp>
#include <map>
#include <string>
#include <vector>

#include "support/run.hpp"

namespace lkdoctor::test {

/// What a check may do while it collects, without an engine. Fill the public members, then call
/// `collect(check, probe)`; afterwards they hold what the check did.
class TestProbe final : public Probe {
 public:
  explicit TestProbe(Deployment deployed) : deployment_(std::move(deployed)) {}

  const Deployment& deployment() const override { return deployment_; }
  Deadline deadline() const override { return end; }
  const Facts& facts() const override { return known; }
  void log(std::string line) override { lines.push_back(std::move(line)); }
  void phase(std::string_view name, Microseconds took) override { phases[std::string(name)] = took; }
  void count_request() override { ++requests; }
  void count_unauthorized() override { ++unauthorized; }
  void count_join(bool new_room) override {
    ++joins;
    if (new_room) ++rooms;
  }

  Facts known;  ///< facts that exist already, and those that collect() published
  Deadline end = Clock::now() + std::chrono::seconds(10);
  std::vector<std::string> lines;
  std::map<std::string, Microseconds> phases;
  int requests = 0, unauthorized = 0, joins = 0, rooms = 0;

 protected:
  void publish_json(std::string_view name, Json value) override { known.set(name, std::move(value)); }

 private:
  Deployment deployment_;
};

/// Runs collect() on an io_context of its own; gives the observation, as the engine would store it.
inline Json collect(const Check& check, TestProbe& probe) {
  return run(check.collect_json(probe));
}

}  // namespace lkdoctor::test
