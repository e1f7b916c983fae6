// SPDX-License-Identifier: EUPL-1.2
#include "probes/signal_upgrade.hpp"

#include <array>
#include <lkdoctor/probes/tokens.hpp>

namespace lkdoctor::probes {
namespace {

constexpr int kMostLastMessages = 64, kBadRequest = 400;

}  // namespace

SignalUpgrade signal_upgrade(const facts::UrlAddresses& where, const Secret& token, bool subscribe,
                             bool by_query) {
  SignalUpgrade out;
  out.path = path_under(where, "/rtc") + "?protocol=13&sdk=go&auto_subscribe=" + (subscribe ? "1" : "0");
  if (by_query) {
    out.path = with_access_token(out.path, token);
  } else {
    out.headers.emplace_back("Authorization", "Bearer " + token.reveal());
  }
  return out;
}

bool was_stripped(const Asked& upgrade) {
  return upgrade.read().meaning == proto::Meaning::validate_refused;
}

std::string_view lost_upgrade_header(const Asked& upgrade) {
  // The words of the WebSocket library of every LiveKit so far, in its spellings of the names.
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kNamed{
      {{"Sec-WebSocket-Key", "Sec-WebSocket-Key"},
       {"Sec-Websocket-Version", "Sec-WebSocket-Version"},
       {"Sec-WebSocket-Version", "Sec-WebSocket-Version"},
       {"'Upgrade' header", "Upgrade"},
       {"'Connection' header", "Connection"}}};
  const std::string& body = upgrade.answer.body;
  const bool said = upgrade.answer.status == kBadRequest && body.find("websocket: ") != std::string::npos;
  if (!said || !upgrade.read().is_livekit()) return "";
  for (const auto& [words, header] : kNamed) {
    if (body.find(words) != std::string::npos) return header;
  }
  return "";
}

std::string_view kind_of_first(const net::WsMessage& message, const proto::SignalMessage& signal) {
  if (!message.binary || signal.kind == proto::SignalKind::malformed) return "malformed";
  return signal.kind == proto::SignalKind::join ? "join" : "other";
}

awaitable<bool> say_goodbye(net::WebSocket* socket) {
  const Deadline until = Clock::now() + kSignalGoodbye;
  Bytes goodbye = proto::encode_leave();
  const net::NetOutcome sent = co_await socket->send_binary(std::move(goodbye), until);
  for (int message = 0; sent.ok() && message < kMostLastMessages; ++message) {
    const net::WsMessage last = co_await socket->receive(until);
    if (!last.outcome.ok()) co_return false;
    if (proto::decode_signal(last.bytes).kind == proto::SignalKind::leave) co_return true;
  }
  co_return false;
}

}  // namespace lkdoctor::probes
