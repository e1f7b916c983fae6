// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>

#include <algorithm>
#include <lkdoctor/probes/sweep_judge.hpp>
#include <lkdoctor/proto/port_test.hpp>

#include "probes/sweep_words.hpp"

namespace lkdoctor::probes {
namespace {

constexpr const char* kAnyOf = "closed, filtered, or another key";

bool is_among(const std::vector<std::string>& all, const std::string& address) {
  return std::ranges::find(all, address) != all.end();
}

/// It took our key over TCP, and gives no answer to UDP.
std::string why_silent(const CarriedSession& carried) {
  const int apart = std::abs(carried.minutes_behind.value_or(0));
  if (apart > static_cast<int>(proto::kGreetingHolds))
    return fmt::format("its clock and this machine's are {} min apart, and a greeting is good for {}", apart,
                       proto::kGreetingHolds);
  return fmt::format(
      "it takes the key at TCP {}, and no UDP comes through, neither at that port nor at those of the range",
      carried.port);
}

}  // namespace

std::string why_unanswered(const Deployment& deployment) {
  const auto& carried = deployment.run.carried;
  if (!carried) return kAnyOf;
  switch (carried->state) {
    case CarriedState::silent:  // as closed as UDP may be
    case CarriedState::mute:
    case CarriedState::no_key:
      return kAnyOf;
    case CarriedState::busy:
    case CarriedState::denied:
    case CarriedState::reached:
      return why_silent(*carried);
    default:
      return carried->words;
  }
}

bool has_address(const Deployment& deployment, const std::string& address) {
  return deployment.run.carried && is_among(deployment.run.carried->addresses, address);
}

void judge_unanswered(const PortSweep& sweep, const SweptBeside& beside, Judgement& judgement) {
  const std::string what = "UDP at " + sweep.address;
  if (sweep.own_address.empty()) {
    const bool v6 = family_of(sweep.address) == Family::ipv6;
    return judgement.not_tested(what, "no route here",
                                v6 ? "run it where there is IPv6" : "run it where there is a route");
  }
  const bool is_its_own = has_address(beside.deployment, sweep.address);
  judgement.not_tested(what,
                       is_its_own ? "no greeting was answered there, at an address of the responder's host: "
                                    "closed or filtered"
                                  : "no answer of the responder at this address",
                       is_its_own ? "open the range there, or UDP 17881 for the time of the test"
                                  : "see that this address is the LiveKit host's");
  if (is_among(sweep::media_addresses(beside), sweep.address))
    judgement.could_not_tell("no greeting was answered at " + sweep.address +
                             ", where LiveKit sends its clients");
}

}  // namespace lkdoctor::probes
