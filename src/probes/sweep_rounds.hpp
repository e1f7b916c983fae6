// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <lkdoctor/clock.hpp>
#include <optional>
#include <vector>

#include "probes/sweep_slices.hpp"

/// Which ports a sweep asks next, and how fast. No I/O.
namespace lkdoctor::probes {

/// Datagrams that are sent one after the other, while one slice answers.
struct SweepVolley {
  std::vector<std::uint16_t> ports;
  std::vector<std::uint16_t> controls;  ///< known to answer: what is lost of them is lost by the path
  double pace = 0;                      ///< datagrams a second
  bool fresh = false;     ///< to be sent from a new socket: each port is a new flow to what stands on the way
  std::size_t slice = 0;  ///< of SweepGround::slices
};

/// Judged as one.
using SweepRound = std::vector<SweepVolley>;

/// What came of a volley, or of a round.
struct SweepResult {
  std::vector<std::uint16_t> answered;
  std::size_t controls_answered = 0;
  Microseconds took{0};               ///< from the first datagram sent to the last answer
  std::vector<std::uint16_t> closed;  ///< found not to be the responder's, whatever the path lets through

  void add(const SweepResult& more);
};

struct SweepGround {
  std::vector<std::uint16_t> ports;
  std::vector<std::uint16_t> also_open;      ///< outside of `ports`, and answer at any time
  std::vector<proto::Ports> slices = {};     ///< of `ports`; one of them answers at a time. Empty: all
  std::vector<std::uint16_t> greeting = {};  ///< of `ports`: answer whatever the slice, if they do at all
};

/// Silence is "blocked" only where the loss of the path does not explain it: ports that stay silent are asked
/// again, slower, among others that are known to answer. A round in which many of these are lost says that
/// it was too fast, and nothing of any port. And it is not "blocked" where new flows are lost, whatever the
/// port: a router's connection table is full, or one of several links is dead.
class SweepRounds {
 public:
  explicit SweepRounds(SweepGround ground);

  /// nullopt: all is decided, or cannot be.
  std::optional<SweepRound> next();
  /// Of the round given last. Ports that answer later may be among `answered`, too.
  void ended(const SweepResult& result);

  /// Of one that was cut short: silence says nothing in it.
  void heard(const SweepResult& result);

  bool answered(std::uint16_t port) const { return open_[port]; }
  /// Silent, and not by chance.
  bool blocked(std::uint16_t port) const;
  /// What is silent is so by its flow, not by its port.
  bool by_flow() const noexcept { return by_flow_; }
  /// Of new flows to ports that answer in the old ones.
  std::size_t new_flows() const noexcept { return flows_sent_; }
  std::size_t new_flows_lost() const noexcept { return flows_lost_; }
  int rounds() const noexcept { return rounds_; }
  /// The most datagrams a second at which a round went well: of the first one, all must have answered.
  /// 0: none did.
  double good_pace() const noexcept { return good_pace_; }
  /// What was lost in the fast first round, of the ports that are open.
  double first_loss() const;
  /// Of the controls, at a good pace; 0 where everything answered at once.
  std::optional<double> loss_ratio() const;

 private:
  enum class Aim { silence, new_flows, pace };
  struct Run {
    std::size_t first = 0, last = 0;  // indexes of ports_
  };
  std::vector<Run> silent_runs() const;
  void decide();
  SweepRound round_of(Aim aim, std::vector<std::uint16_t> ports, std::size_t controls, double pace);
  std::optional<SweepRound> fresh_flows();
  std::optional<SweepRound> faster();
  void judge_flows(const SweepResult& result, std::size_t fresh);
  void judge_faster(const SweepResult& result);
  std::vector<std::uint16_t> silent() const;
  std::vector<std::uint16_t> undecided() const;
  std::vector<std::uint16_t> some_controls(std::size_t slice, std::size_t wanted) const;
  std::size_t take_answers(const SweepResult& result);
  int tries_needed() const;
  void after_first(const SweepResult& result, std::size_t fresh);
  bool may_be_single() const;

  std::vector<std::uint16_t> ports_, also_open_;
  std::vector<bool> open_ = std::vector<bool>(65536), decided_ = std::vector<bool>(65536);
  std::vector<int> tries_ = std::vector<int>(65536);  // in rounds that were not too fast
  SweepSlices slices_;
  std::vector<bool> greeting_ = std::vector<bool>(65536);
  struct {
    Aim aim = Aim::silence;
    std::vector<std::uint16_t> ports;
    std::size_t controls = 0;
    double pace = 0;
  } last_;
  int rounds_ = 0;
  double pace_ = 0, good_pace_ = 0;
  std::size_t first_answers_ = 0;
  bool first_lost_ = false;  // some of its controls
  bool sampling_ = false;    // what is silent, before all of that is asked
  // Before anything is called blocked, a sample of it is asked once more, slowly.
  bool confirming_ = false, confirmed_ = false;
  int doubts_ = 0;
  bool flows_pass_ = false, by_flow_ = false;
  bool slow_ = false;  // also when it was tried faster in the end
  int bad_flow_rounds_ = 0;
  std::size_t flows_sent_ = 0, flows_lost_ = 0;
  std::size_t controls_sent_ = 0, controls_lost_ = 0;
};

}  // namespace lkdoctor::probes
