// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>
#include <algorithm>
#include <cmath>

#include <lkdoctor/check.hpp>
#include <lkdoctor/facts/local_clock.hpp>
#include <lkdoctor/facts/url_addresses.hpp>
#include <lkdoctor/findings.hpp>
#include <lkdoctor/net/timer.hpp>
#include <lkdoctor/probes/clock.hpp>

namespace lkdoctor::checks {
namespace {

constexpr Milliseconds kPatience{4000};

struct PeerDate {
  std::string peer;  ///< host
  probes::Asked asked;
};
LKDOCTOR_JSON(PeerDate, peer, asked)

struct ClockSeen {
  std::vector<PeerDate> dates;
};
LKDOCTOR_JSON(ClockSeen, dates)

constexpr const FindingDef* kFindings[] = {&findings::local_clock_wrong};
constexpr std::string_view kAfter[] = {"public_addresses", "service_addresses"};
constexpr std::string_view kGives[] = {"local_clock"};
constexpr CheckInfo kInfo{.id = "clock_local",
                          .title = "The clock of this machine agrees with its peers",
                          .findings = kFindings,
                          .after = kAfter,
                          .gives = kGives};

bool same_place(const facts::UrlAddresses& left, const facts::UrlAddresses& right) {
  return left.host == right.host || left.addresses.front() == right.addresses.front();
}

/// A filtered private address would cost the whole patience for nothing.
bool is_out_of_reach(const Probe& probe, const facts::UrlAddresses& where) {
  if (!where.via_proxy.empty() || is_global(where.addresses.front())) return false;
  const Vantage vantage = probe.deployment().run.vantage;
  const auto front = probe.find(facts::public_addresses);
  const bool front_is_global = front && (!front->via_proxy.empty() || is_global(front->addresses.front()));
  return (vantage == Vantage::outside && (!front || front_is_global)) ||
         (vantage == Vantage::automatic && front_is_global);
}

/// The deployment's own web servers, one a host. What the files name and DNS has answered for is enough.
std::vector<facts::UrlAddresses> peers_of(const Probe& probe) {
  std::vector<facts::UrlAddresses> peers;
  for (const auto* fact : {&facts::public_addresses, &facts::service_addresses}) {
    auto where = probe.find(*fact);
    if (!where || where->addresses.empty() || is_out_of_reach(probe, *where)) continue;
    const bool known =
        std::ranges::any_of(peers, [&](const facts::UrlAddresses& peer) { return same_place(peer, *where); });
    if (!known) peers.push_back(std::move(*where));
  }
  return peers;
}

awaitable<void> ask_date(Probe& probe, facts::UrlAddresses where, PeerDate* into) {
  into->peer = where.host;
  // Certificates cannot be required here: with a wrong clock none would be good. Nothing secret is sent.
  const Deadline deadline = earlier(Clock::now() + kPatience, probe.deadline());
  for (const std::string& address : where.addresses) {
    net::HttpSession session(probes::target_for(where, address, probe.deployment(), false));
    std::vector<probes::Question> questions;
    questions.push_back(probes::question("date", probes::path_under(where, "/")));
    std::vector<probes::Asked> answers =
        co_await probes::ask_all(probe, session, std::move(questions), deadline);
    into->asked = std::move(answers.front());
    if (into->asked.answer.status != 0 || Clock::now() >= deadline) break;
  }
}

facts::LocalClock clock_of(const ClockSeen& seen) {
  facts::LocalClock clock;
  for (const PeerDate& date : seen.dates) {
    const auto offset = probes::date_offset(date.asked);
    if (offset) clock.peers.push_back({date.peer, *offset});
  }
  clock.wrong_by_seconds = probes::agreed_error(clock.peers);
  return clock;
}

std::string duration_words(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::llround(std::abs(seconds)));
  if (whole < 120) return std::to_string(whole) + " s";
  if (whole < 7200) return std::to_string(whole / 60) + " min";
  return std::to_string(whole / 3600) + " h " + std::to_string(whole % 3600 / 60) + " min";
}

/// "livekit.example (-7200.6 s)", as many as there are.
std::vector<std::string> peers_in_words(const std::vector<facts::DateSeen>& peers) {
  std::vector<std::string> out;
  for (const facts::DateSeen& peer : peers)
    out.push_back(fmt::format("{} ({:+.1f} s)", peer.peer, peer.offset_seconds));
  return out;
}

class ClockLocal final : public CheckOf<ClockSeen> {
 public:
  const CheckInfo& info() const noexcept override { return kInfo; }
  std::optional<std::string> skip_reason(const Deployment& deployment) const override {
    if (deployment.public_url.is_set() || deployment.service_url.is_set()) return std::nullopt;
    return "no peer is known whose clock could be asked";
  }

  awaitable<ClockSeen> collect(Probe& probe) const override {
    ClockSeen seen;
    std::vector<facts::UrlAddresses> peers = peers_of(probe);
    seen.dates.resize(peers.size());
    std::vector<awaitable<void>> work;
    for (std::size_t i = 0; i < peers.size(); ++i)
      work.push_back(ask_date(probe, std::move(peers[i]), &seen.dates[i]));
    co_await net::all(std::move(work));
    const facts::LocalClock clock = clock_of(seen);
    probe.publish(facts::local_clock, clock);
    co_return seen;
  }

  void judge(const ClockSeen& seen, const Facts& facts, const Deployment& deployment,
             Judgement& judgement) const override {
    const facts::LocalClock clock = clock_of(seen);
    judgement.fact("peers", Json(clock.peers));
    const auto error = probes::clock_error(facts, deployment);
    judgement.fact("wrong_by_seconds", error ? Json(*error) : Json());
    if (error) {
      const std::string way = *error > 0 ? " behind" : " ahead";
      judgement.raise(findings::local_clock_wrong, "this machine")
          .saying("The clock of this machine is " + duration_words(*error) + way +
                  "; dates and tokens are judged by its peers' clocks.")
          .with("wrong_by_seconds", *error)
          .with("said_by", peers_in_words(clock.peers))
          .command("timedatectl set-ntp true")
          .change("Switch on time synchronisation on this machine and run again");
      return;
    }
    if (clock.peers.empty()) judgement.skip("no peer gave a date to compare with");
  }
};

}  // namespace

std::unique_ptr<Check> make_clock_local() {
  return std::make_unique<ClockLocal>();
}

}  // namespace lkdoctor::checks
