// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>

#include <algorithm>
#include <lkdoctor/advertised.hpp>
#include <lkdoctor/facts/media_proof.hpp>
#include <lkdoctor/probes/port_sweep.hpp>
#include <lkdoctor/url.hpp>
#include <set>

#include "probes/flow_life.hpp"
#include "probes/responder_keys.hpp"
#include "probes/responder_place.hpp"
#include "probes/sweep_piece.hpp"
#include "probes/sweep_session.hpp"

namespace lkdoctor::probes {
namespace {

using proto::Ports;
using proto::PortTestKind;

constexpr double kPaceOfSizes = 200;
constexpr std::size_t kPortsOfSizes = 3;
constexpr int kTriesOfSizes = 4;
constexpr std::string_view kBusy =
    "another client is being served by the responder: run this again when it is done";
// Payloads of 1200 bytes are what WebRTC's media is cut to; 1472 and 1452 fill an Ethernet frame.
constexpr std::size_t kMediaSize = 1200, kFullIpv4 = 1472, kFullIpv6 = 1452;

/// Its own port, and some of the range, which may be open where that is closed. Without a file: OpenTalk's
/// and LiveKit's own usual ranges.
std::vector<std::uint16_t> places_to_greet(const Deployment& deployment, std::uint16_t own) {
  std::vector<std::uint16_t> out{own};
  std::vector<Ports> ranges{{20000, 25000}, {50000, 60000}};
  if (deployment.livekit && deployment.livekit->udp) {
    const PortRange& range = *deployment.livekit->udp;
    ranges = {{static_cast<std::uint16_t>(range.first), static_cast<std::uint16_t>(range.last)}};
  }
  for (const Ports& range : ranges) {
    for (const std::uint16_t port : proto::greeting_ports(range)) out.push_back(port);
  }
  return out;
}

/// Ports of one welcome, in pieces that a question may name.
std::vector<Ports> pieces_of(const proto::Welcome& welcome) {
  const std::size_t most = welcome.slice == 0 ? proto::kMostPortsAsked : welcome.slice;
  std::vector<Ports> out;
  for (const Ports& range : welcome.serves) {
    for (std::size_t first = range.first; first <= range.last; first += most) {
      const std::size_t last = std::min<std::size_t>(range.last, first + most - 1);
      out.push_back({static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(last)});
    }
  }
  return out;
}

struct Sweeping {
  Probe& probe;
  PortSweep& out;
  SweepSession session;
  std::vector<std::uint16_t> open;
};

/// Nothing more is asked of these ports: why. "": everything was.
std::string_view why_left(const Sweeping& sweep) {
  if (sweep.out.fell_silent) return kFellSilent;
  return sweep.session.is_over() ? kNoTime : std::string_view();
}

awaitable<void> run_rounds(Sweeping* sweep, SweepRounds* rounds, Ports ports) {
  while (auto round = rounds->next()) {
    if (sweep->session.is_over()) co_return;
    const SweepResult result = co_await sweep->session.volley(std::move(*round));
    if (sweep->session.is_over()) co_return rounds->heard(result);
    if (result.answered.empty()) {
      // Not even what did answer before: where it ended, or shuts us out, this says nothing of ports.
      const bool is_there = co_await sweep->session.is_there(ports);
      sweep->out.fell_silent = !is_there;
      if (!is_there) co_return;
    }
    rounds->ended(result);
  }
}

awaitable<void> sweep_piece(Sweeping* sweep, Ports ports) {
  // With a raw socket, ports that others have are tested, too.
  const bool bound = sweep->session.welcome().mode == proto::ResponderMode::bound;
  std::vector<bool> others(ports.size());
  std::optional<proto::PortsMarked> slice;
  if (bound) {
    sweep->open.clear();  // only this slice answers now
    slice = co_await sweep->session.ask(PortTestKind::slice, ports);
    if (slice && !slice->some_unopened) others = slice->marks;
  }
  if (sweep->session.busy()) {
    sweep->out.why = kBusy;
    co_return leave_untested(sweep->out, ports, "");
  }
  std::vector<std::uint16_t> asked;
  for (std::size_t i = 0; i < ports.size(); ++i) {
    const bool closed = bound && (!slice || slice->marks[i]);
    if (!closed) asked.push_back(static_cast<std::uint16_t>(ports.first + i));
  }
  SweepRounds rounds(asked, {sweep->session.asked_at()});
  co_await run_rounds(sweep, &rounds, ports);
  std::optional<proto::PortsMarked> arrived;
  if (!sweep->out.fell_silent) arrived = co_await sweep->session.ask(PortTestKind::tally, ports);
  Piece piece{ports, rounds, std::move(others), std::move(arrived), {}, why_left(*sweep)};
  if (!bound && piece.has_lost()) piece.at_host = co_await ask_host(&sweep->session, ports);
  const std::optional<CarriedSession>& carried = sweep->probe.deployment().run.carried;
  if (carried) piece.except_livekits(carried->udp_in_use);
  take_down(piece, sweep->session, sweep->out, sweep->open);
}

awaitable<void> try_sizes(Sweeping* sweep) {
  if (sweep->open.empty() || sweep->session.is_over()) co_return;
  const bool v4 = family_of(sweep->out.address) == Family::ipv4;
  for (const std::size_t bytes : {kMediaSize, v4 ? kFullIpv4 : kFullIpv6}) {
    SweepRound round{{}, {}, kPaceOfSizes};
    const std::size_t ports = std::min(kPortsOfSizes, sweep->open.size());
    for (std::size_t i = 0; i < ports; ++i)
      round.ports.push_back(sweep->open[i * sweep->open.size() / ports]);
    SizeTrial trial{static_cast<int>(bytes)};
    for (int i = 0; i < kTriesOfSizes && trial.answered == 0 && !sweep->session.is_over(); ++i) {
      const SweepResult result = co_await sweep->session.volley(round, bytes);
      trial.sent += static_cast<int>(ports);
      trial.answered += static_cast<int>(result.answered.size());
    }
    trial.arrived = trial.answered > 0;
    if (!trial.arrived) {
      // A long question with a short answer: it shows the way in alone. It goes where media goes: rules for
      // its size may leave the responder's own port alone.
      const Ports any{round.ports.front(), round.ports.front()};
      const auto answer = co_await sweep->session.ask(PortTestKind::tally, any, bytes, any.first);
      trial.arrived = answer.has_value();
      if (!trial.arrived && !co_await sweep->session.is_there(any))
        co_return sweep->probe.log("the responder ended before larger datagrams were tried");
    }
    if (!sweep->session.is_over() || trial.answered > 0) sweep->out.sizes.push_back(trial);
  }
}

awaitable<void> sweep_address(Probe& probe, HostPort place, std::vector<SweepKey>* keys, Deadline until,
                              PortSweep* out) {
  const Deadline begun = Clock::now();
  out->own_address = net::source_address_for({out->address, place.port});
  Sweeping sweep{probe, *out, SweepSession(probe, place.port, until, out), {}};
  const bool welcomed = co_await sweep.session.greet(*keys, places_to_greet(probe.deployment(), place.port));
  if (const auto& successor = sweep.session.successor()) *keys = {*successor};
  if (!welcomed) {
    out->why =
        "nothing answered the greeting: closed, filtered, or another key (or clocks more than ten minutes "
        "apart)";
    co_return;
  }
  for (const Ports& ports : pieces_of(sweep.session.welcome())) {
    const std::string_view why = why_left(sweep);
    if (sweep.session.busy() || !why.empty()) {
      leave_untested(*out, ports, sweep.session.busy() ? "" : why);
    } else {
      co_await sweep_piece(&sweep, ports);
    }
  }
  if (sweep.session.busy() || out->fell_silent) co_return;
  co_await try_sizes(&sweep);
  if (probe.deployment().run.thorough) co_await try_flows(probe, &sweep.session, std::move(sweep.open), out);
  if (sweep.session.welcome().mode == proto::ResponderMode::bound)
    co_await sweep.session.ask(PortTestKind::slice, proto::kNoSlice);
  out->took = std::chrono::duration_cast<Microseconds>(Clock::now() - begun);
}

/// No port could be tested, since another client has the responder's slices.
bool nothing_swept_for_another(const std::vector<PortSweep>& sweeps) {
  const auto swept = [](const SweptInterval& one) { return one.state == "open" || one.state == "blocked"; };
  const bool any = std::ranges::any_of(
      sweeps, [&](const PortSweep& one) { return std::ranges::any_of(one.intervals, swept); });
  return !any && std::ranges::any_of(sweeps, [](const PortSweep& one) { return one.why == kBusy; });
}

/// No address takes the time of those that come after it. What was measured has to be told, too.
Deadline share_of(Deadline deadline, std::size_t addresses) {
  constexpr Milliseconds kForTheEnd{1'500};
  const Deadline now = Clock::now();
  return now + std::max<Clock::duration>(deadline - kForTheEnd - now, Milliseconds(0)) / addresses;
}

void log_blocked(Probe& probe, const PortSweep& sweep) {
  for (const SweptInterval& interval : sweep.intervals) {
    if (interval.state == "blocked")
      probe.log(fmt::format("{}: blocked {}-{}", sweep.address, interval.from, interval.to));
  }
}

/// Where LiveKit sends its clients, if that is not where the responder was looked for: it should be there,
/// too.
std::vector<std::string> livekits_own(const Probe& probe, const std::vector<std::string>& known) {
  constexpr std::size_t kMost = 4;
  std::vector<std::string> out;
  const auto add = [&](const std::string& address) {
    const bool new_one =
        std::ranges::find(known, address) == known.end() && std::ranges::find(out, address) == out.end();
    const bool may_be = new_one && is_global(address) && out.size() < kMost;
    if (may_be && !net::source_address_for({address, 9}).empty()) out.push_back(address);
  };
  if (const auto named = probe.find(facts::server_candidates)) {
    for (const proto::Candidate& one : named->candidates) add(one.endpoint.address);
  }
  std::ranges::for_each(configured_media_addresses(probe.deployment()), add);
  return out;
}

}  // namespace

awaitable<std::vector<PortSweep>> sweep_ports(Probe& probe) {
  const Deployment& deployment = probe.deployment();
  const auto place = parse_host_port(deployment.run.responder, proto::kResponderPort);
  if (!place) throw CouldNotTell("the responder is no host: " + deployment.run.responder);
  std::vector<SweepKey> keys = responder_keys(deployment);
  if (keys.empty() && (deployment.has_key_pair() || !deployment.secrets.livekit_keys.empty()))
    throw CouldNotTell(
        "no key for the responder: LiveKit's API secret is shorter than 16 characters or printed in "
        "documentation, "
        "and could be guessed from what is sent; use --pair or --responder-key-file");
  if (keys.empty())
    throw CouldNotTell(
        "no key for the responder: its pairing code (--pair), --responder-key-file, or LiveKit's key pair");
  const Deadline resolve_by = earlier(probe.deadline(), Clock::now() + Milliseconds(5'000));
  std::vector<std::string> addresses = co_await addresses_of_responder(&deployment, *place, resolve_by);
  if (addresses.empty()) throw CouldNotTell("the responder's name " + place->host + " does not resolve");
  std::vector<PortSweep> out;
  const std::size_t asked_for = addresses.size();
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    PortSweep& one = out.emplace_back();
    one.address = addresses[i];
    co_await sweep_address(probe, *place, &keys, share_of(probe.deadline(), addresses.size() - i), &one);
    log_blocked(probe, one);
    const bool last_asked_for = i + 1 == asked_for;
    if (last_asked_for && std::ranges::any_of(out, &PortSweep::welcomed)) {
      for (std::string& more : livekits_own(probe, addresses)) addresses.push_back(std::move(more));
    }
  }
  if (nothing_swept_for_another(out)) throw CouldNotTell(std::string(kBusy));
  co_return out;
}

}  // namespace lkdoctor::probes
