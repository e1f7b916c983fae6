// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "probes/sweep_session.hpp"

namespace lkdoctor::probes {

inline constexpr std::string_view kBusy =
    "another client is being served by the responder: run this again when it is done";

/// Takes the rounds of a sweep to a responder. One without a raw socket makes one slice of the ports answer
/// at a time: each volley is preceded by the question for its slice.
class SweepWalk {
 public:
  /// Both must live as long. REQUIRES: session.greet() was true.
  SweepWalk(SweepSession& session, PortSweep& out);

  /// All ports that the responder serves, and how they are to be asked.
  SweepGround ground() const;
  /// Until all is decided, or nothing more can be: then out->why or out->fell_silent tells why, or the
  /// session is over.
  awaitable<void> run(SweepRounds* rounds);
  /// Of `open`, those that answer now: of the slice that has most of them, which is asked for.
  awaitable<std::vector<std::uint16_t>> answering(std::vector<std::uint16_t> open);
  /// Gives the slice back.
  awaitable<void> end();

  /// By port: somebody else has it, and it cannot be tested.
  const std::vector<bool>& others() const { return others_; }
  /// By port: the responder could not open it, or another one that it was asked for beside it.
  const std::vector<bool>& unopened() const { return unopened_; }

 private:
  awaitable<bool> hold(std::size_t slice);
  awaitable<bool> send(SweepVolley volley, SweepResult* into);
  bool is_sliced() const { return !slices_.empty(); }

  SweepSession& session_;
  PortSweep& out_;
  std::vector<proto::Ports> slices_;
  std::optional<std::size_t> held_;  // answers now
  std::vector<bool> others_ = std::vector<bool>(65536), closed_ = std::vector<bool>(65536),
                    unopened_ = std::vector<bool>(65536);
};

/// As few pieces as can be of at most `most` ports.
std::vector<proto::Ports> in_pieces(const std::vector<proto::Ports>& ranges, std::size_t most);

}  // namespace lkdoctor::probes
