// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <lkdoctor/proto/signal.hpp>

#include <src/proto/signal.pb.h>

namespace lkdoctor::proto {
namespace {

constexpr std::size_t kLongestText = 200;
constexpr int kMostServers = 32;
constexpr int kClientInitiated = 1;

std::string bounded(const std::string& text) {
  return text.substr(0, kLongestText);
}

JoinInfo info_of(const signal::JoinResponse& join) {
  JoinInfo info;
  info.room = bounded(join.room().name());
  const std::string& version = join.server_info().version();
  info.version = bounded(version.empty() ? join.server_version() : version);
  info.node = bounded(join.server_info().node_id());
  info.region = bounded(join.server_info().region());
  info.protocol = join.server_info().protocol();
  info.ping_interval_seconds = join.ping_interval();
  info.ping_timeout_seconds = join.ping_timeout();
  for (const signal::IceServer& server : join.ice_servers()) {
    for (const std::string& url : server.urls()) {
      if (info.ice_urls.size() < kMostServers) info.ice_urls.push_back(bounded(url));
    }
  }
  return info;
}

Bytes bytes_of(const signal::SignalRequest& request) {
  const std::string text = request.SerializeAsString();
  return {text.begin(), text.end()};
}

}  // namespace

SignalMessage decode_signal(ByteView message) {
  constexpr std::size_t kLargest = 1U << 20U;
  SignalMessage out;
  signal::SignalResponse response;
  if (message.empty() || message.size() > kLargest) return out;
  if (!response.ParseFromArray(message.data(), static_cast<int>(message.size()))) return out;
  switch (response.message_case()) {
    case signal::SignalResponse::kJoin:
      out.kind = SignalKind::join;
      out.join = info_of(response.join());
      return out;
    case signal::SignalResponse::kLeave:
      out.kind = SignalKind::leave;
      out.leave_reason = response.leave().reason();
      return out;
    default:
      out.kind = SignalKind::other;
      return out;
  }
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

}  // namespace lkdoctor::proto
