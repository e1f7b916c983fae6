// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <array>
#include <lkdoctor/probes/sweep_judge.hpp>
#include <set>

namespace lkdoctor::probes {
namespace {

/// The worst first. A port that is not among them was not asked at that address.
constexpr std::array<std::string_view, 5> kByHarm{"blocked", kRewritten, "untested", "in_use", "open"};

std::string_view state_at(const PortSweep& sweep, std::uint32_t port) {
  const auto found = std::ranges::find_if(
      sweep.intervals, [&](const SweptInterval& one) { return one.from <= port && port <= one.to; });
  return found == sweep.intervals.end() ? std::string_view() : found->state;
}

/// What is there at these ports, of which none differs from the first at any address; `placed`: and where.
Json told(const std::vector<const PortSweep*>& sweeps, std::uint32_t from, std::uint32_t to, bool placed) {
  for (const std::string_view state : kByHarm) {
    std::set<std::string> addresses;
    for (const PortSweep* one : sweeps) {
      if (state_at(*one, from) == state) addresses.insert(one->address);
    }
    if (addresses.empty()) continue;
    // What a client sends there does not reach LiveKit's port: to scripts it is as blocked.
    Json out{{"from", from}, {"to", to}, {"state", state == kRewritten ? "blocked" : state}};
    if (state == kRewritten) out["why"] = kRewritten;
    if (placed) out["addresses"] = addresses;
    return out;
  }
  return nullptr;
}

bool goes_on(const Json& before, const Json& next) {
  const auto is_same = [&](const char* key) { return before.value(key, Json()) == next.value(key, Json()); };
  return before.at("to").get<std::uint32_t>() + 1 == next.at("from") && is_same("state") && is_same("why") &&
         is_same("addresses");
}

}  // namespace

Json intervals_of(const std::vector<PortSweep>& sweeps) {
  std::vector<const PortSweep*> known;
  std::set<std::uint32_t> bounds;
  for (const PortSweep& sweep : sweeps) {
    if (!sweep.told()) continue;
    known.push_back(&sweep);
    for (const SweptInterval& one : sweep.intervals) bounds.insert({one.from, one.to + 1});
  }
  Json out = Json::array();
  for (auto from = bounds.begin(); from != bounds.end() && std::next(from) != bounds.end(); ++from) {
    Json one = told(known, *from, *std::next(from) - 1, sweeps.size() > 1);
    if (one.is_null()) continue;
    if (!out.empty() && goes_on(out.back(), one)) {
      out.back()["to"] = one["to"];
    } else {
      out.push_back(std::move(one));
    }
  }
  return out;
}

}  // namespace lkdoctor::probes
