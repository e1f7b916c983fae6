// SPDX-License-Identifier: EUPL-1.2
// bench_joins RECORDING COUNT: joins COUNT times in this one process, media included, at the deployment of a
// recording that `lkdoctor check --record` made; LKDOCTOR_API_SECRET is its secret. Prints memory and
// descriptors on the way.
#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <lkdoctor/probes/media_session.hpp>

#include "model/recording.hpp"

using namespace lkdoctor;

namespace {

constexpr Milliseconds kOneJoin{10'000};
constexpr int kWarm = 100;            // until then caches and pools fill
constexpr long kGrowthAllowed = 512;  // KiB from join 100 to the last: what the allocator scatters

class BenchProbe final : public Probe {
 public:
  BenchProbe(const Deployment& deployment, const Facts& facts) : deployment_(deployment), facts_(facts) {}
  const Deployment& deployment() const override { return deployment_; }
  Deadline deadline() const override { return Clock::now() + kOneJoin; }
  const Facts& facts() const override { return facts_; }
  void log(std::string) override {}
  void phase(std::string_view, Microseconds) override {}
  void count_request() override {}
  void count_unauthorized() override {}
  void count_join(bool) override {}

 protected:
  void publish_json(std::string_view, Json) override {}

 private:
  const Deployment& deployment_;
  const Facts& facts_;
};

struct Footprint {
  long rss_kib = 0;
  std::ptrdiff_t descriptors = 0;
};

Footprint footprint() {
  Footprint seen;
  std::ifstream status("/proc/self/statm");
  long pages = 0;
  status >> pages >> seen.rss_kib;  // the second is the resident set
  seen.rss_kib *= 4;
  const std::filesystem::directory_iterator open("/proc/self/fd");
  seen.descriptors = std::distance(begin(open), end(open));
  return seen;
}

awaitable<void> join_once(const Deployment* deployment, const Facts* facts, probes::MediaReport* into) {
  BenchProbe probe(*deployment, *facts);
  *into = co_await probes::hold_session(probe, {});
}

probes::MediaReport one_join(const Deployment& deployment, const Facts& facts) {
  boost::asio::io_context io{1};
  probes::MediaReport report;
  boost::asio::co_spawn(io, join_once(&deployment, &facts, &report), [](const std::exception_ptr& error) {
    if (error) std::rethrow_exception(error);
  });
  io.run();
  return report;
}

int run(const Deployment& deployment, const Facts& facts, int count) {
  Footprint warm;
  int connected = 0;
  for (int i = 1; i <= count; ++i) {
    const probes::MediaReport report = one_join(deployment, facts);
    if (report.connected()) ++connected;
    if (!report.connected()) fmt::print("join {}: {} (HTTP {})\n", i, report.why, report.signalling.status);
    if (i == kWarm) warm = footprint();
    if (i % 100 != 0) continue;
    const Footprint now = footprint();
    fmt::print("{:5} joins, {:5} with media   RSS {:6} KiB   descriptors {}\n", i, connected, now.rss_kib,
               now.descriptors);
    std::fflush(stdout);
  }
  const Footprint last = footprint();
  const long growth = last.rss_kib - warm.rss_kib;
  fmt::print("growth after the first {}: {} KiB (allowed {}), {} descriptors (allowed 0)\n", kWarm, growth,
             kGrowthAllowed, last.descriptors - warm.descriptors);
  return connected == count && growth <= kGrowthAllowed && last.descriptors == warm.descriptors ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 3) {
    fmt::print(stderr, "usage: bench_joins RECORDING COUNT   (LKDOCTOR_API_SECRET: the secret of its key)\n");
    return 64;
  }
  std::ifstream in(argv[1]);
  const Recording recording = load_recording(std::string(std::istreambuf_iterator(in), {}));
  Deployment deployment = deployment_from(recording.deployment);
  deployment.secrets.api_secret = Secret(std::getenv("LKDOCTOR_API_SECRET"));
  Facts facts;
  for (const auto& [name, value] : recording.facts) facts.set(name, value);
  return run(deployment, facts, std::atoi(argv[2]));
} catch (const std::exception& error) {
  fmt::print(stderr, "bench_joins: {}\n", error.what());
  return 70;
}
