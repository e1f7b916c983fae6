// SPDX-License-Identifier: EUPL-1.2
#include "probes/sweep_walk.hpp"

#include <algorithm>

namespace lkdoctor::probes {

using proto::Ports;
using proto::PortTestKind;

/// Of equal size: a port that is alone in its slice would need a question of its own.
std::vector<Ports> in_pieces(const std::vector<Ports>& ranges, std::size_t most) {
  std::vector<Ports> out;
  for (const Ports& range : ranges) {
    const std::size_t count = (range.size() + most - 1) / most;
    const auto begins = [&](std::size_t i) { return range.first + i * range.size() / count; };
    for (std::size_t i = 0; i < count; ++i)
      out.push_back({static_cast<std::uint16_t>(begins(i)), static_cast<std::uint16_t>(begins(i + 1) - 1)});
  }
  return out;
}

SweepWalk::SweepWalk(SweepSession& session, PortSweep& out) : session_(session), out_(out) {
  const proto::Welcome& welcome = session.welcome();
  if (welcome.mode == proto::ResponderMode::bound && welcome.slice > 0)
    slices_ = in_pieces(welcome.serves, std::min<std::size_t>(welcome.slice, proto::kMostPortsAsked));
}

SweepGround SweepWalk::ground() const {
  SweepGround out{{}, {session_.asked_at()}, slices_};
  for (const Ports& range : session_.welcome().serves) {
    for (std::size_t port = range.first; port <= range.last; ++port)
      out.ports.push_back(static_cast<std::uint16_t>(port));
    // Of a short range the responder holds none all the time.
    const std::vector<std::uint16_t> greeting = proto::greeting_ports(range);
    if (greeting.size() < range.size())
      out.greeting.insert(out.greeting.end(), greeting.begin(), greeting.end());
  }
  return out;
}

/// False: these ports do not answer, and no others.
awaitable<bool> SweepWalk::hold(std::size_t slice) {
  if (!is_sliced() || held_ == slice) co_return true;
  const Ports ports = slices_[slice];
  held_.reset();
  const auto answer = co_await session_.ask(PortTestKind::slice, ports);
  if (!answer) co_return false;
  for (std::size_t i = 0; i < ports.size(); ++i) {
    const std::size_t port = ports.first + i;
    closed_[port] = answer->marks[i];
    if (answer->marks[i] && !answer->some_unopened) others_[port] = true;
    unopened_[port] = answer->marks[i] && answer->some_unopened;
  }
  held_ = slice;
  co_return true;
}

/// False: cut short.
awaitable<bool> SweepWalk::send(SweepVolley volley, SweepResult* into) {
  if (session_.is_over()) co_return false;
  bool held = co_await hold(volley.slice);
  if (!held && !session_.busy()) held = co_await hold(volley.slice);
  if (session_.busy()) out_.why = kBusy;
  // Where it ended, or shuts us out, silence says nothing of ports.
  out_.fell_silent = !held && !session_.busy() && !session_.is_over();
  if (!held) co_return false;
  const auto is_closed = [&](std::uint16_t port) { return closed_[port]; };
  std::ranges::copy_if(volley.ports, std::back_inserter(into->closed), is_closed);
  std::erase_if(volley.ports, is_closed);
  std::ranges::replace_if(volley.controls, is_closed, session_.asked_at());
  const SweepResult result = co_await session_.volley(std::move(volley));
  into->add(result);
  co_return !session_.is_over();
}

awaitable<void> SweepWalk::run(SweepRounds* rounds) {
  const Ports any{session_.asked_at(), session_.asked_at()};
  while (auto round = rounds->next()) {
    SweepResult result;
    for (SweepVolley& volley : *round) {
      const bool whole = co_await send(std::move(volley), &result);
      if (!whole) co_return rounds->heard(result);
    }
    if (result.answered.empty()) {
      // Not even what did answer before.
      const bool is_there = co_await session_.is_there(any);
      out_.fell_silent = !is_there;
      if (!is_there) co_return;
    }
    rounds->ended(result);
  }
}

awaitable<std::vector<std::uint16_t>> SweepWalk::answering(std::vector<std::uint16_t> open) {
  if (!is_sliced() || open.empty()) co_return open;
  SlicedPorts most = SweepSlices(slices_).fullest(open);
  const bool held = co_await hold(most.slice);
  std::erase_if(most.ports, [&](std::uint16_t port) { return !held || closed_[port]; });
  co_return std::move(most.ports);
}

awaitable<void> SweepWalk::end() {
  if (is_sliced()) co_await session_.ask(PortTestKind::slice, proto::kNoSlice);
}

}  // namespace lkdoctor::probes
