// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/check.hpp>
#include <optional>
#include <string>
#include <vector>

/// The client of the two-sided port test (docs/port-test.md).
namespace lkdoctor::probes {

/// Of untested ports.
inline constexpr std::string_view kNotServed = "not-served";        ///< the responder was not told of them
inline constexpr std::string_view kBesideDocker = "beside-docker";  ///< Docker has them, beside the responder
inline constexpr std::string_view kByFlow = "by-flow";              ///< new flows are lost, whatever the port
inline constexpr std::string_view kNoTime = "no-time";              ///< the check's time was over
inline constexpr std::string_view kFellSilent = "fell-silent";      ///< the responder, in the middle of it
inline constexpr std::string_view kTakenAtHost = "taken-at-host";   ///< somebody else has them there
inline constexpr std::string_view kNoAnswer = "no-answer";          ///< no answer of any port comes back
inline constexpr std::string_view kUnopened = "unopened";  ///< the responder could not open a socket there
/// The state of ports that answer, and what is sent to them arrives at another one: LiveKit never sees it.
inline constexpr std::string_view kRewritten = "rewritten";
/// Of blocked ones.
inline constexpr std::string_view kNotTold = "not-told";  ///< whether they arrived
inline constexpr std::string_view kAtHost = "at-host";    ///< came in at the host's interface, and no further
inline constexpr std::string_view kBeforeHost = "before-host";  ///< did not come as far

struct SweptInterval {
  std::uint32_t from = 0, to = 0;
  std::string state;     ///< "open", "blocked", "rewritten", "in_use", "untested"
  int arrived = 0;       ///< of the blocked ones: the responder heard us, and its answer did not come
  int refused = 0;       ///< of the blocked ones: an ICMP error came
  std::string why = {};  ///< one of the above; empty: too much was lost, or where is not known
  int held = 0;          ///< of the blocked ones: somebody else on the responder's host has them
  friend bool operator==(const SweptInterval&, const SweptInterval&) = default;
};
LKDOCTOR_JSON(SweptInterval, from, to, state, arrived, refused, why, held)

struct SizeTrial {
  int bytes = 0;  ///< of UDP's payload
  int sent = 0, answered = 0;
  bool arrived = false;  ///< of that size one came in there, whatever came back
};
LKDOCTOR_JSON(SizeTrial, bytes, sent, answered, arrived)

/// Answers that were asked for some time after anything else of their flows.
struct FlowTrial {
  int seconds = 0;
  int sent = 0, answered = 0;  ///< flows
};
LKDOCTOR_JSON(FlowTrial, seconds, sent, answered)

/// One address of the responder.
struct PortSweep {
  std::string address;
  std::string welcomed_by;  ///< the port that answered our greeting first; empty: none did
  bool own_port_answered = false;
  std::string key;   ///< "pairing code", "key file", "key pair": the one it knows
  std::string mode;  ///< "raw", "bound"
  std::vector<SweptInterval> intervals;
  std::string own_address;           ///< of us, towards it
  std::string seen_from;             ///< of us, at the responder
  std::string arrived_at;            ///< the responder's own address where our greeting came in
  int sources_seen = 0;              ///< ports it saw us send from, though we have one socket
  int rewritten = 0;                 ///< ports where what we sent came in at another one
  std::string rewritten_example;     ///< "30000 -> 20000"
  int answered_elsewhere = 0;        ///< ports whose answers come from another address or port alone
  std::string elsewhere_example;     ///< "198.51.100.24:20000"
  std::optional<double> loss_ratio;  ///< at a pace that the path carries
  double rate_pps = 0;               ///< that pace
  double first_loss = 0;             ///< at 20,000 a second
  int rounds = 0, sent = 0;
  Microseconds rtt{0}, took{0};
  bool tallied = false;        ///< the responder told what arrived
  int new_flows = 0;           ///< to ports that answer, when those that are silent were about to be blocked
  int new_flows_lost = 0;      ///< though the old flows to these ports answer
  bool fell_silent = false;    ///< in the middle of it nothing answered any more, at no port
  Microseconds last_heard{0};  ///< since the greeting
  std::vector<SizeTrial> sizes;
  std::vector<FlowTrial> flows;  ///< of a thorough run
  std::string why;               ///< nothing was swept: why; text of our own
  /// Not welcomed: ports at which our greetings were heard and answered, as the control connection tells.
  std::vector<std::uint16_t> greeted;
  bool kept = false;  ///< the responder's own host let answers to us not out

  bool welcomed() const { return !welcomed_by.empty(); }
  /// Something is known of this address from both sides.
  bool told() const { return welcomed() || !greeted.empty(); }
};
LKDOCTOR_JSON(PortSweep, address, welcomed_by, own_port_answered, key, mode, intervals, own_address,
              seen_from, arrived_at, sources_seen, rewritten, rewritten_example, answered_elsewhere,
              elsewhere_example, loss_ratio, rate_pps, first_loss, rounds, sent, rtt, took, tallied,
              new_flows, new_flows_lost, fell_silent, last_heard, sizes, flows, why, greeted, kept)

/// Sweeps every address of run.responder. REQUIRES: it is set.
awaitable<std::vector<PortSweep>> sweep_ports(Probe& probe);

}  // namespace lkdoctor::probes
