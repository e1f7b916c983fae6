// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/net/byte_stream.hpp>
#include <lkdoctor/probes/media_link.hpp>
#include <lkdoctor/proto/turn.hpp>
#include <memory>
#include <optional>

namespace lkdoctor::probes {

/// One address of a TURN server and the way to it.
struct RelayPlan {
  Endpoint server;
  bool tcp = false;                    ///< else UDP
  std::optional<net::TlsOptions> tls;  ///< REQUIRES: tcp
  proto::TurnCredentials credentials;
  bool only_credentials = false;  ///< are they good? open() succeeds then, and there is no relay
  Milliseconds patience{3600};    ///< for connecting and allocating, each
};

/// How a relay went, for observations. No credential.
struct RelayReport {
  Endpoint server;
  net::NetOutcome outcome;  ///< of everything up to the allocation
  std::string reporter;     ///< who sent the ICMP error, if one is the outcome
  std::optional<net::TlsSession> tls;
  Microseconds connected_after{0};
  std::optional<Microseconds> allocated_after;
  proto::TurnState turn;
};
LKDOCTOR_JSON(RelayReport, server, outcome, reporter, tls, connected_after, allocated_after, turn)

/// A TURN allocation as a way to LiveKit. Peers are permitted on the first packet to them; packets wait for
/// that. A refused permission comes out of receive() as `prohibited` about that peer.
class TurnRelay final : public Carrier {
 public:
  explicit TurnRelay(RelayPlan plan);
  ~TurnRelay() override;

  /// Once; later calls give the same outcome.
  awaitable<net::NetOutcome> open(Deadline deadline) override;
  awaitable<net::NetOutcome> send(Endpoint to, Bytes packet) override;
  awaitable<net::Datagram> receive(Deadline deadline) override;
  /// Gives the allocation back and waits for that up to 0.3 s.
  awaitable<void> close() override;
  /// The relayed address.
  std::optional<Endpoint> local() const;

  RelayReport report() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lkdoctor::probes
