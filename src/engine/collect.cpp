// SPDX-License-Identifier: EUPL-1.2
#include "engine/collect.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace lkdoctor::engine {
namespace {

class LocalProbe final : public Probe {
 public:
  LocalProbe(const Deployment& deployment, Facts& facts, Collected& into, SideEffects& effects,
             Deadline deadline)
      : deployment_(deployment), facts_(facts), into_(into), effects_(effects), deadline_(deadline) {}
  const Deployment& deployment() const override { return deployment_; }
  Deadline deadline() const override { return deadline_; }
  const Facts& facts() const override { return facts_; }
  void log(std::string line) override { into_.log.push_back(std::move(line)); }
  void phase(std::string_view name, Microseconds took) override {
    into_.phases.push_back({std::string(name), took});
  }
  void count_request() override { ++effects_.requests; }
  void count_unauthorized() override { ++effects_.unauthorized; }
  void count_join(bool new_room) override {
    ++effects_.joins;
    if (new_room) ++effects_.rooms;
  }

 protected:
  void publish_json(std::string_view name, Json value) override { facts_.set(name, std::move(value)); }

 private:
  const Deployment& deployment_;
  Facts& facts_;
  Collected& into_;
  SideEffects& effects_;
  Deadline deadline_;
};

}  // namespace

Recording collect(const std::vector<PlannedCheck>& plan, const Deployment& deployment,
                  const CollectOptions&) {
  Recording recording;
  recording.deployment = describe(deployment);
  Facts facts;
  for (const PlannedCheck& planned : plan) {
    if (planned.left_out) continue;
    const std::string id(planned.check->info().id);
    if (planned.skip_reason) {
      recording.skipped[id] = *planned.skip_reason;
      continue;
    }
    Collected& into = recording.collected[id];
    LocalProbe probe(deployment, facts, into, recording.side_effects,
                     Clock::now() + planned.check->info().budget);
    boost::asio::io_context io;
    boost::asio::co_spawn(io, planned.check->collect_json(probe),
                          [&](const std::exception_ptr& error, Json observation) {
                            if (!error) {
                              into.observation = std::move(observation);
                              return;
                            }
                            try {
                              std::rethrow_exception(error);
                            } catch (const std::exception& caught) {
                              into.failure = caught.what();
                            }
                          });
    io.run();
  }
  for (const auto& [name, value] : facts.all()) recording.facts[name] = value;
  return recording;
}

}  // namespace lkdoctor::engine
