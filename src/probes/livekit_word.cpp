// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/probes/livekit_word.hpp>

#include <algorithm>
#include <lkdoctor/facts/join_response.hpp>
#include <lkdoctor/probes/ask.hpp>
#include <lkdoctor/probes/tokens.hpp>
#include <lkdoctor/text.hpp>

#include "probes/whip_session.hpp"

namespace lkdoctor::probes {
namespace {

constexpr Milliseconds kPatience{2'000};
constexpr std::size_t kMostBytes = 65'536, kMostDepth = 12, kMostListed = 8, kLongestWord = 64;

std::string word_in(const Json& entry, const char* key) {
  const auto found = entry.is_object() ? entry.find(key) : entry.end();
  const bool text = entry.is_object() && found != entry.end() && found->is_string();
  return text ? printable(found->get<std::string>(), kLongestWord) : std::string{};
}

std::vector<ListedParticipant> participants_in(const std::string& body) {
  std::vector<ListedParticipant> out;
  const auto answer = parse_bounded(body, kMostBytes, kMostDepth);
  if (!answer || !answer->is_object() || !answer->contains("participants")) return out;
  for (const Json& entry : answer->at("participants")) {
    if (out.size() < kMostListed) out.push_back({word_in(entry, "identity"), word_in(entry, "state")});
  }
  return out;
}

net::HttpRequest request_about(const std::string& room, const facts::UrlAddresses& where,
                               const Deployment& deployment) {
  net::HttpRequest out;
  out.method = "POST";
  out.target = path_under(where, "/twirp/livekit.RoomService/ListParticipants");
  out.headers.emplace_back("Content-Type", "application/json");
  out.body = Json({{"room", room}}).dump();
  authorize(out, granting_token(deployment, "", {{"roomAdmin", true}, {"room", room}}));
  return out;
}

}  // namespace

std::string word_of(std::optional<proto::Quality> quality) {
  if (!quality) return {};
  switch (*quality) {
    case proto::Quality::poor:
      return "poor";
    case proto::Quality::good:
      return "good";
    case proto::Quality::excellent:
      return "excellent";
    case proto::Quality::lost:
      return "lost";
  }
  return {};
}

Json LiveKitWord::offers_whip() const {
  constexpr int kNotThere = 404;
  return whip_status == kWhipOffered || whip_status == kNotThere ? Json(whip_status == kWhipOffered) : Json();
}

std::string LiveKitWord::state_of(const std::string& identity) const {
  const auto found = std::ranges::find(participants, identity, &ListedParticipant::identity);
  return found == participants.end() ? std::string{} : found->state;
}

awaitable<void> list_participants(Probe& probe, std::string room, LiveKitWord* into) {
  const facts::JoinResponse joined = probe.fact(facts::join_response);
  const Side side = side_named(joined.through);
  if (side == Side::responder) co_return;  // it carries signalling alone
  const auto where = probe.find(addresses_of(side));
  if (!where || where->addresses.empty()) co_return;
  const std::string address = joined.address.empty() ? where->addresses.front() : joined.address;
  net::HttpSession session(target_for(*where, address, probe.deployment(), true));
  const Deadline until = earlier(Clock::now() + kPatience, probe.deadline());
  net::HttpRequest about = request_about(room, *where, probe.deployment());
  probe.count_request();
  const net::HttpReply listed = co_await session.ask(std::move(about), until);
  into->status = listed.status;
  into->participants = participants_in(listed.body);
  if (listed.status == 401) probe.count_unauthorized();
  net::HttpRequest whip = question("whip", path_under(*where, kWhipPath)).request;
  probe.count_request();
  const net::HttpReply offered = co_await session.ask(std::move(whip), until);
  into->whip_status = offered.status;
}

}  // namespace lkdoctor::probes
