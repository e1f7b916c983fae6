// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <array>
#include <lkdoctor/json.hpp>
#include <lkdoctor/proto/signal.hpp>

#include <src/proto/signal.pb.h>

namespace lkdoctor::proto {
namespace {

// Limits of ours: a peer's message may be hostile.
constexpr std::size_t kLargest = 1U << 20U;
constexpr std::size_t kLongestText = 200;
constexpr std::size_t kLongestCredential = 1024;
constexpr std::size_t kLongestSdp = 256 * 1024;
constexpr std::size_t kLongestCandidate = 4096;
constexpr int kMostServers = 32, kMostParticipants = 64, kMostTracks = 32;
constexpr int kClientInitiated = 1;                   // DisconnectReason
constexpr int kSourceMicrophone = 2, kTypeAudio = 0;  // TrackSource, TrackType

std::string bounded(const std::string& text, std::size_t limit = kLongestText) {
  return text.substr(0, limit);
}

std::vector<IceServer> servers_of(const signal::JoinResponse& join) {
  std::vector<IceServer> out;
  for (const signal::IceServer& server : join.ice_servers()) {
    if (out.size() == kMostServers) break;
    IceServer kept;
    for (const std::string& url : server.urls()) {
      if (kept.urls.size() < kMostServers) kept.urls.push_back(bounded(url));
    }
    kept.username = bounded(server.username(), kLongestCredential);
    kept.credential = Secret(bounded(server.credential(), kLongestCredential));
    out.push_back(std::move(kept));
  }
  return out;
}

JoinInfo info_of(const signal::JoinResponse& join) {
  JoinInfo info;
  info.room = bounded(join.room().name());
  const std::string& version = join.server_info().version();
  info.version = bounded(version.empty() ? join.server_version() : version);
  info.node = bounded(join.server_info().node_id());
  info.region = bounded(join.server_info().region());
  info.participant_sid = bounded(join.participant().sid());
  info.identity = bounded(join.participant().identity());
  info.protocol = join.server_info().protocol();
  info.ping_interval_seconds = join.ping_interval();
  info.ping_timeout_seconds = join.ping_timeout();
  info.subscriber_primary = join.subscriber_primary();
  info.ice_servers = servers_of(join);
  for (const IceServer& server : info.ice_servers) {
    for (const std::string& url : server.urls) {
      if (info.ice_urls.size() < kMostServers) info.ice_urls.push_back(url);
    }
  }
  return info;
}

SessionDescription description_of(const signal::SessionDescription& description) {
  return {bounded(description.sdp(), kLongestSdp), description.id()};
}

/// `candidate_init` is the JSON of a browser's RTCIceCandidateInit.
Trickle trickle_of(const signal::TrickleRequest& trickle) {
  Trickle out;
  out.target = trickle.target() == 1 ? PeerTarget::subscriber : PeerTarget::publisher;
  out.final = trickle.final();
  const auto init = parse_bounded(trickle.candidate_init(), kLongestCandidate, 4);
  if (!init || !init->is_object()) return out;
  const auto candidate = init->find("candidate");
  if (candidate != init->end() && candidate->is_string()) out.candidate = candidate->get<std::string>();
  return out;
}

TrackInfo track_of(const signal::TrackInfo& track) {
  return {bounded(track.sid()), bounded(track.name()),      bounded(track.mime_type()),
          bounded(track.mid()), track.type() == kTypeAudio, track.muted()};
}

std::vector<Participant> participants_of(const signal::ParticipantUpdate& update) {
  std::vector<Participant> out;
  for (const signal::ParticipantInfo& info : update.participants()) {
    if (out.size() == kMostParticipants) break;
    Participant participant{bounded(info.sid()), bounded(info.identity()), {}, {}};
    participant.state = static_cast<ParticipantState>(std::clamp(info.state(), 0, 3));
    for (const signal::TrackInfo& track : info.tracks()) {
      if (participant.tracks.size() < kMostTracks) participant.tracks.push_back(track_of(track));
    }
    out.push_back(std::move(participant));
  }
  return out;
}

std::vector<ConnectionQuality> qualities_of(const signal::ConnectionQualityUpdate& update) {
  std::vector<ConnectionQuality> out;
  for (const signal::ConnectionQualityInfo& info : update.updates()) {
    if (out.size() == kMostParticipants) break;
    out.push_back({bounded(info.participant_sid()), static_cast<Quality>(std::clamp(info.quality(), 0, 3)),
                   info.score()});
  }
  return out;
}

void fill(SignalMessage& out, const signal::SignalResponse& response) {
  switch (response.message_case()) {
    case signal::SignalResponse::kJoin:
      out.kind = SignalKind::join;
      out.join = info_of(response.join());
      return;
    case signal::SignalResponse::kAnswer:
      out.kind = SignalKind::answer;
      out.description = description_of(response.answer());
      return;
    case signal::SignalResponse::kOffer:
      out.kind = SignalKind::offer;
      out.description = description_of(response.offer());
      return;
    case signal::SignalResponse::kTrickle:
      out.kind = SignalKind::trickle;
      out.trickle = trickle_of(response.trickle());
      return;
    case signal::SignalResponse::kUpdate:
      out.kind = SignalKind::update;
      out.participants = participants_of(response.update());
      return;
    case signal::SignalResponse::kTrackPublished:
      out.kind = SignalKind::track_published;
      out.published_cid = bounded(response.track_published().cid());
      out.published = track_of(response.track_published().track());
      return;
    case signal::SignalResponse::kLeave:
      out.kind = SignalKind::leave;
      out.leave_reason = response.leave().reason();
      return;
    case signal::SignalResponse::kConnectionQuality:
      out.kind = SignalKind::connection_quality;
      out.qualities = qualities_of(response.connection_quality());
      return;
    case signal::SignalResponse::kPong:
    case signal::SignalResponse::kPongResp:
      out.kind = SignalKind::pong;
      return;
    case signal::SignalResponse::MESSAGE_NOT_SET:
      out.kind = SignalKind::other;
      return;
  }
}

Bytes bytes_of(const signal::SignalRequest& request) {
  const std::string text = request.SerializeAsString();
  return {text.begin(), text.end()};
}

void fill(signal::SessionDescription& out, const SessionDescription& description, const char* type) {
  out.set_type(type);
  out.set_sdp(description.sdp);
  out.set_id(description.id);
}

}  // namespace

std::string_view leave_reason_name(int reason) {
  constexpr std::array<std::string_view, 17> kNames{
      "UNKNOWN",       "CLIENT_INITIATED", "DUPLICATE_IDENTITY", "SERVER_SHUTDOWN",   "PARTICIPANT_REMOVED",
      "ROOM_DELETED",  "STATE_MISMATCH",   "JOIN_FAILURE",       "MIGRATION",         "SIGNAL_CLOSE",
      "ROOM_CLOSED",   "USER_UNAVAILABLE", "USER_REJECTED",      "SIP_TRUNK_FAILURE", "CONNECTION_TIMEOUT",
      "MEDIA_FAILURE", "AGENT_ERROR"};
  const auto at = static_cast<std::size_t>(reason);
  return reason >= 0 && at < kNames.size() ? kNames.at(at) : kNames.front();
}

SignalMessage decode_signal(ByteView message) {
  SignalMessage out;
  signal::SignalResponse response;
  if (message.empty() || message.size() > kLargest) return out;
  if (!response.ParseFromArray(message.data(), static_cast<int>(message.size()))) return out;
  fill(out, response);
  return out;
}

Bytes encode_leave() {
  signal::SignalRequest request;
  request.mutable_leave()->set_reason(kClientInitiated);
  return bytes_of(request);
}

Bytes encode_ping(std::int64_t timestamp_ms) {
  signal::SignalRequest request;
  request.mutable_ping_req()->set_timestamp(timestamp_ms);
  return bytes_of(request);
}

Bytes encode_offer(const SessionDescription& offer) {
  signal::SignalRequest request;
  fill(*request.mutable_offer(), offer, "offer");
  return bytes_of(request);
}

Bytes encode_answer(const SessionDescription& answer) {
  signal::SignalRequest request;
  fill(*request.mutable_answer(), answer, "answer");
  return bytes_of(request);
}

Bytes encode_trickle(const Trickle& trickle) {
  signal::SignalRequest request;
  signal::TrickleRequest& out = *request.mutable_trickle();
  const Json init{{"candidate", trickle.candidate}, {"sdpMid", "0"}, {"sdpMLineIndex", 0}};
  out.set_candidate_init(init.dump());
  out.set_target(static_cast<int>(trickle.target));
  out.set_final(trickle.final);
  return bytes_of(request);
}

Bytes encode_add_audio_track(const std::string& cid, const std::string& name) {
  signal::SignalRequest request;
  signal::AddTrackRequest& track = *request.mutable_add_track();
  track.set_cid(cid);
  track.set_name(name);
  track.set_type(kTypeAudio);
  track.set_source(kSourceMicrophone);
  track.set_disable_dtx(true);
  track.set_disable_red(true);
  return bytes_of(request);
}

}  // namespace lkdoctor::proto
