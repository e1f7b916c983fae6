// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <functional>
#include <lkdoctor/check.hpp>
#include <lkdoctor/net/bell.hpp>
#include <lkdoctor/net/outcome.hpp>
#include <lkdoctor/net/udp.hpp>
#include <lkdoctor/proto/dtls.hpp>
#include <lkdoctor/proto/ice.hpp>
#include <lkdoctor/proto/sdp.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lkdoctor::probes {

/// What brings packets to LiveKit's candidates and back: a UDP socket, an ICE/TCP stream, a TURN relay.
class Carrier {
 public:
  virtual ~Carrier() = default;
  /// Connects or allocates; once, before anything else.
  virtual awaitable<net::NetOutcome> open(Deadline deadline) = 0;
  /// One packet to a candidate. May be called while receive() waits.
  virtual awaitable<net::NetOutcome> send(Endpoint to, Bytes packet) = 0;
  /// The next packet with its sender, or an ICMP error about the candidate `from`, or `timed_out`. Another
  /// error, without `from`: the carrier is dead.
  virtual awaitable<net::Datagram> receive(Deadline deadline) = 0;
  /// Gives back what it holds. Nothing waits any more.
  virtual awaitable<void> close() { co_return; }
  /// Of its socket, for candidates of ours; 0: LiveKit cannot dial it.
  virtual std::uint16_t local_port() const { return 0; }
};

/// The carrier for a candidate; the same one for several that share it; nullptr: not tried.
using Route = std::function<std::shared_ptr<Carrier>(const proto::Candidate& candidate)>;
Route udp_route();  ///< one socket a family
Route tcp_route();  ///< one stream for each passive TCP candidate
/// For all UDP candidates the one given: a TURN relay.
Route relay_route(std::shared_ptr<Carrier> relay);

/// One candidate of LiveKit and what became of it.
struct CandidateReport {
  proto::Candidate candidate;
  bool tried = false;                    ///< false: not of this transport
  net::NetOutcome carrier;               ///< of opening its carrier, or an ICMP error about it
  std::string reporter;                  ///< who sent that ICMP error
  std::optional<proto::PairState> pair;  ///< of the ICE agent
  bool answered() const { return pair && pair->answers > 0; }
};
LKDOCTOR_JSON(CandidateReport, candidate, tried, carrier, reporter, pair)

/// The last packet of a link: which way, what it was, when (since the link began).
struct LastPacket {
  bool sent = false;
  std::string what;  ///< "STUN", "DTLS", "RTP", "RTCP", "other"
  std::string peer;  ///< "198.51.100.23:20017"
  Microseconds at{0};
};
LKDOCTOR_JSON(LastPacket, sent, what, peer, at)

/// What a link saw, for observations. Times since the link began.
struct LinkReport {
  std::vector<CandidateReport> candidates;
  bool end_of_candidates = false, ice_lite = false;
  std::optional<Microseconds> first_candidate, last_candidate, ice, dtls;
  proto::DtlsState dtls_state = proto::DtlsState::handshaking;
  proto::DtlsFailure dtls_failure = proto::DtlsFailure::none;
  std::string dtls_reason, dtls_alert;  ///< text of the library, and of the peer
  proto::DtlsTrace dtls_trace;
  std::optional<LastPacket> last_sent, last_received;
  const CandidateReport* carrier() const;  ///< the candidate of the nominated pair; nullptr: none
  /// Not answered, beside one of the same address that says more: LiveKit's socket for its own STUN
  /// questions, which is closed soon, or one of another interface that node_ip gave the same address.
  bool is_spare(const CandidateReport& one) const;
  /// Not answered, and another one of the same address as little: which of them is a spare is not known.
  bool may_be_spare(const CandidateReport& one) const;
};
LKDOCTOR_JSON(LinkReport, candidates, end_of_candidates, ice_lite, first_candidate, last_candidate, ice, dtls,
              dtls_state, dtls_failure, dtls_reason, dtls_alert, dtls_trace, last_sent, last_received)

/// One peer connection from here to LiveKit: ICE over its carriers, DTLS over the nominated pair, SRTP and
/// data through that. pump() moves everything; whoever waits does so on bell(), or by the awaitables below.
class MediaLink {
 public:
  MediaLink(proto::IceCredentials local, proto::DtlsIdentity identity, Route route);
  MediaLink(const MediaLink&) = delete;
  MediaLink& operator=(const MediaLink&) = delete;
  ~MediaLink();

  /// From LiveKit's SDP; nothing is sent before. A second description (renegotiation) only adds candidates.
  /// `controlling`: we made the offer, or LiveKit is lite.
  void set_remote(const proto::SdpRemote& remote, bool controlling);
  void add_candidate(std::string_view line);
  void end_of_candidates();
  /// Checks wait for release_checks(): a LiveKit that controls and hears of our address by a check first, not
  /// by signalling, takes a second to use it.
  void hold_checks();
  void release_checks();
  bool ready() const;  ///< a carrier is open

  /// Runs until cancelled; beside() everything that uses the link.
  awaitable<void> pump();
  net::Bell& bell();

  bool connected() const;  ///< a pair is nominated
  bool secured() const;    ///< DTLS is done
  /// No more candidates will come and all were tried in vain, or DTLS has failed.
  bool hopeless() const;
  /// When the last candidate that this route can try began to be tried; nullopt: none yet.
  std::optional<Deadline> last_try_began() const;
  /// When a pair was nominated.
  std::optional<Deadline> connected_since() const;
  /// A candidate of LiveKit is on the internet, and the way there begins at an address that is not: a router
  /// translates it.
  bool is_translated() const;
  /// Asks each server over each socket from which that way goes where it is seen (RFC 8445 §5.1.1.2); the
  /// answer becomes one of own_candidates(). Nobody waits for it.
  void ask_stun(std::vector<Endpoint> servers);
  /// Addresses and ports of ours that LiveKit may send checks to, as candidates: one for each open socket
  /// and candidate of LiveKit, by the address from which it is reached, and where STUN servers see it.
  std::vector<std::string> own_candidates() const;

  /// SRTP or SRTCP, over the nominated pair. REQUIRES: secured().
  void send(Bytes packet);
  /// The next SRTP or SRTCP packet; nullopt: none until then.
  awaitable<std::optional<Bytes>> receive(Deadline deadline);
  /// For application data and keys; after writing, flush(). REQUIRES: set_remote() was called.
  proto::Dtls& dtls();
  /// For further checks of a pair; flush() after asking. REQUIRES: set_remote() was called.
  proto::IceAgent& ice();
  std::optional<proto::PairId> pair() const;  ///< the nominated one
  /// What was written into dtls() or asked of ice() goes out now.
  void flush();

  LinkReport report() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lkdoctor::probes
