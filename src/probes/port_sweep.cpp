// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>

#include <algorithm>
#include <lkdoctor/advertised.hpp>
#include <lkdoctor/facts/media_proof.hpp>
#include <lkdoctor/probes/carrier.hpp>
#include <lkdoctor/probes/port_sweep.hpp>
#include <lkdoctor/url.hpp>
#include <set>

#include "probes/flow_life.hpp"
#include "probes/responder_keys.hpp"
#include "probes/responder_place.hpp"
#include "probes/sweep_piece.hpp"
#include "probes/sweep_walk.hpp"

namespace lkdoctor::probes {
namespace {

using proto::Ports;
using proto::PortTestKind;

constexpr double kPaceOfSizes = 200;
constexpr std::size_t kPortsOfSizes = 3;
constexpr int kTriesOfSizes = 4;
constexpr double kPaceOfKnocks = 1'000;
constexpr std::size_t kPortsOfKnocks = 3;
/// Linux refuses six packets of a client at once and then one a second (icmp_ratelimit): who asked before has
/// to ask for so long until silence is no refusal.
constexpr Milliseconds kBetweenRefusals{1'050};
// Payloads of 1200 bytes are what WebRTC's media is cut to; 1472 and 1452 fill an Ethernet frame.
constexpr std::size_t kMediaSize = 1200, kFullIpv4 = 1472, kFullIpv6 = 1452;

/// Its own port, and some of the range, which may be open where that is closed. Without a file: those that
/// the control connection named, else OpenTalk's and LiveKit's own usual ranges.
std::vector<std::uint16_t> places_to_greet(const Deployment& deployment, std::uint16_t own) {
  std::vector<std::uint16_t> out{own};
  std::vector<Ports> ranges{{20000, 25000}, {50000, 60000}};
  if (deployment.livekit && deployment.livekit->udp) {
    const PortRange& range = *deployment.livekit->udp;
    ranges = {{static_cast<std::uint16_t>(range.first), static_cast<std::uint16_t>(range.last)}};
  } else if (deployment.run.carried && !deployment.run.carried->udp.empty()) {
    ranges.clear();
    for (const PortRange& one : deployment.run.carried->udp)
      ranges.push_back({static_cast<std::uint16_t>(one.first), static_cast<std::uint16_t>(one.last)});
    ranges.resize(std::min(ranges.size(), proto::kMostServedRanges));
  }
  for (const Ports& range : ranges) {
    for (const std::uint16_t port : proto::greeting_ports(range)) out.push_back(port);
  }
  return out;
}

struct Sweeping {
  Probe& probe;
  PortSweep& out;
  SweepSession session;
  Deadline begun = Clock::now();
};

/// Nothing more is asked of these ports: why. "": everything was, or another client is served.
std::string_view why_left(const Sweeping& sweep) {
  if (sweep.out.fell_silent) return kFellSilent;
  return sweep.session.is_over() ? kNoTime : std::string_view();
}

/// Of a raw responder alone: where it binds, a port may be refused since its slice is over.
std::vector<std::uint16_t> may_be_refused(const Sweeping& sweep, const SweepRounds& rounds) {
  std::vector<std::uint16_t> out;
  if (sweep.session.welcome().mode != proto::ResponderMode::raw) return out;
  for (const Ports& ports : sweep.session.welcome().serves) {
    for (std::uint32_t port = ports.first; port <= ports.last; ++port) {
      if (rounds.blocked(static_cast<std::uint16_t>(port))) out.push_back(static_cast<std::uint16_t>(port));
    }
  }
  return out;
}

/// Until a refusal would have come if there were one: dropped and refused are two causes.
awaitable<void> await_refusal(Sweeping* sweep, SweepRounds* rounds) {
  const std::vector<std::uint16_t> silent = may_be_refused(*sweep, *rounds);
  const auto refused = [&](std::uint16_t port) { return sweep->session.refused(port); };
  const Deadline until = sweep->begun + kBetweenRefusals + sweep->out.rtt;
  while (!silent.empty() && std::ranges::none_of(silent, refused) && Clock::now() < until &&
         !sweep->session.is_over()) {
    SweepVolley knock{spread(silent, kPortsOfKnocks), {}, kPaceOfKnocks};
    rounds->heard(co_await sweep->session.volley(std::move(knock)));
  }
}

/// The ports that are open.
awaitable<std::vector<std::uint16_t>> sweep_ports_of(Sweeping* sweep, SweepWalk* walk) {
  SweepRounds rounds(walk->ground());
  co_await walk->run(&rounds);
  if (!sweep->out.fell_silent) co_await await_refusal(sweep, &rounds);
  const std::string_view left = why_left(*sweep);
  const bool is_raw = sweep->session.welcome().mode == proto::ResponderMode::raw;
  const bool tells = !sweep->out.fell_silent && !sweep->session.busy();
  std::vector<std::uint16_t> open;
  for (const Ports& ports : in_pieces(sweep->session.welcome().serves, proto::kMostPortsAsked)) {
    std::optional<proto::PortsMarked> arrived;
    if (tells) arrived = co_await sweep->session.ask(PortTestKind::tally, ports);
    Piece piece{ports, rounds, walk->others(), walk->unopened(), std::move(arrived), {}, left};
    if (is_raw && piece.has_lost()) piece.at_host = co_await ask_host(&sweep->session, ports);
    piece.except_livekits(sweep->probe.deployment());
    take_down(piece, sweep->session, sweep->out, open);
  }
  take_down_pace(rounds, sweep->out);
  co_return open;
}

awaitable<void> try_sizes(Sweeping* sweep, std::vector<std::uint16_t> open) {
  if (open.empty() || sweep->session.is_over()) co_return;
  const bool v4 = family_of(sweep->out.address) == Family::ipv4;
  for (const std::size_t bytes : {kMediaSize, v4 ? kFullIpv4 : kFullIpv6}) {
    const SweepVolley volley{spread(open, kPortsOfSizes), {}, kPaceOfSizes};
    const std::size_t ports = volley.ports.size();
    SizeTrial trial{static_cast<int>(bytes)};
    for (int i = 0; i < kTriesOfSizes && trial.answered == 0 && !sweep->session.is_over(); ++i) {
      const SweepResult result = co_await sweep->session.volley(volley, bytes);
      trial.sent += static_cast<int>(ports);
      trial.answered += static_cast<int>(result.answered.size());
    }
    trial.arrived = trial.answered > 0;
    if (!trial.arrived) {
      // A long question with a short answer: it shows the way in alone. It goes where media goes: rules for
      // its size may leave the responder's own port alone.
      const Ports any{open.front(), open.front()};
      const auto answer = co_await sweep->session.ask(PortTestKind::tally, any, bytes, any.first);
      trial.arrived = answer.has_value();
      if (!trial.arrived && !co_await sweep->session.is_there(any))
        co_return sweep->probe.log("the responder ended before larger datagrams were tried");
    }
    if (!sweep->session.is_over() || trial.answered > 0) sweep->out.sizes.push_back(trial);
  }
}

/// Where all UDP of the responder's host is lost on its way out, the greetings arrive all the same.
awaitable<void> ask_what_was_heard(Probe& probe, const SweepSession& session, PortSweep* out) {
  const Deadline until = earlier(probe.deadline(), Clock::now() + kToAskResponder);
  const auto heard = co_await ask_for_greetings(&probe.deployment(), session.nonce(), until);
  if (!heard || heard->ports.empty()) co_return;
  out->greeted = heard->ports;
  out->kept = heard->kept;
  out->mode = probe.deployment().run.carried->mode;
  out->tallied = true;
}

awaitable<void> sweep_address(Probe& probe, HostPort place, std::vector<SweepKey>* keys, Deadline until,
                              PortSweep* out) {
  out->own_address = net::source_address_for({out->address, place.port});
  Sweeping sweep{probe, *out, SweepSession(probe, place.port, until, out)};
  const bool welcomed = co_await sweep.session.greet(*keys, places_to_greet(probe.deployment(), place.port));
  if (const auto& successor = sweep.session.successor()) *keys = {*successor};
  if (!welcomed) {
    co_await ask_what_was_heard(probe, sweep.session, out);
    out->why =
        "nothing answered the greeting: closed, filtered, or another key (or clocks more than ten minutes "
        "apart)";
    co_return;
  }
  SweepWalk walk(sweep.session, *out);
  std::vector<std::uint16_t> open = co_await sweep_ports_of(&sweep, &walk);
  if (sweep.session.busy() || out->fell_silent) co_return;
  open = co_await walk.answering(std::move(open));
  co_await try_sizes(&sweep, open);
  if (probe.deployment().run.thorough) co_await try_flows(probe, &sweep.session, std::move(open), out);
  co_await walk.end();
  out->took = std::chrono::duration_cast<Microseconds>(Clock::now() - sweep.begun);
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
