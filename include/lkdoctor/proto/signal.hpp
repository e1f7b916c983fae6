// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <lkdoctor/bytes.hpp>
#include <lkdoctor/secret.hpp>
#include <optional>
#include <string>
#include <vector>

/// LiveKit signalling messages (SignalRequest, SignalResponse), as far as they are needed. No I/O.
namespace lkdoctor::proto {

/// A STUN or TURN server that clients are told. Text of the peer.
struct IceServer {
  std::vector<std::string> urls;
  std::string username;
  Secret credential;
};

/// JoinResponse, the first message of every session. Text of the peer.
struct JoinInfo {
  std::string room, version, node, region;
  std::string participant_sid, identity;
  std::int32_t protocol = 0;
  std::int32_t ping_interval_seconds = 0, ping_timeout_seconds = 0;
  bool subscriber_primary = false;
  std::vector<std::string> ice_urls;   ///< of all servers, in order
  std::vector<IceServer> ice_servers;  ///< the same with their credentials
};

/// An offer or an answer. `id` ties an answer to its offer (LiveKit ≥ 1.9.1).
struct SessionDescription {
  std::string sdp;
  std::uint32_t id = 0;
};

/// Which of a participant's two peer connections.
enum class PeerTarget { publisher = 0, subscriber = 1 };

struct Trickle {
  std::string candidate;  ///< "candidate:…"; empty: only `final` is said
  PeerTarget target = PeerTarget::publisher;
  bool final = false;
};

struct TrackInfo {
  std::string sid, name, mime_type, mid;
  bool audio = false, muted = false;
};

enum class ParticipantState { joining = 0, joined = 1, active = 2, disconnected = 3 };
struct Participant {
  std::string sid, identity;
  ParticipantState state = ParticipantState::joining;
  std::vector<TrackInfo> tracks;
};

enum class Quality { poor = 0, good = 1, excellent = 2, lost = 3 };
struct ConnectionQuality {
  std::string participant_sid;
  Quality quality = Quality::poor;
  float score = 0;
};

/// Numbers of LiveKit's DisconnectReason, as words: "DUPLICATE_IDENTITY".
std::string_view leave_reason_name(int reason);

/// What the server said. Everything that is none of these is `other` and may be ignored.
enum class SignalKind {
  malformed,
  join,
  leave,
  offer,
  answer,
  trickle,
  update,
  track_published,
  connection_quality,
  pong,
  other
};
/// Only the member that belongs to `kind` is filled.
struct SignalMessage {
  SignalKind kind = SignalKind::malformed;
  JoinInfo join;
  int leave_reason = 0;
  SessionDescription description;  ///< offer, answer
  Trickle trickle;
  std::vector<Participant> participants;  ///< update
  std::string published_cid;              ///< track_published: the name we gave the track
  TrackInfo published;
  std::vector<ConnectionQuality> qualities;
};
SignalMessage decode_signal(ByteView message);

/// reason CLIENT_INITIATED, action DISCONNECT.
Bytes encode_leave();
Bytes encode_ping(std::int64_t timestamp_ms);
Bytes encode_offer(const SessionDescription& offer);
Bytes encode_answer(const SessionDescription& answer);
Bytes encode_trickle(const Trickle& trickle);
/// Announces an audio track (source microphone) before the offer that carries it. `cid`: the msid's track id.
Bytes encode_add_audio_track(const std::string& cid, const std::string& name);

}  // namespace lkdoctor::proto
