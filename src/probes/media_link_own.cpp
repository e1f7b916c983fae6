// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <array>
#include <utility>

#include "probes/media_link_state.hpp"

namespace lkdoctor::probes {
namespace {

/// When a Binding request is sent. RFC 8489 §6.2.1 begins with 500 ms, which is much of what a session has.
constexpr std::array<Milliseconds, 4> kTries{Milliseconds(0), Milliseconds(150), Milliseconds(450),
                                             Milliseconds(1'000)};

void add_line(std::vector<std::string>& out, const proto::Candidate& own) {
  const std::string line = proto::format_candidate(own);
  if (std::ranges::find(out, line) == out.end()) out.push_back(line);
}

proto::Candidate seen_at(const proto::Candidate& base, const Endpoint& mapped) {
  proto::Candidate own = base;
  own.foundation = base.foundation + "s";
  own.type = proto::CandidateType::srflx;
  own.priority = proto::candidate_priority(proto::CandidateType::srflx, 65535, 1);
  own.endpoint = mapped;
  own.related = base.endpoint;
  return own;
}

}  // namespace

Deadline MediaLink::State::Question::next() const {
  return tries < kTries.size() ? begun + kTries.at(tries) : Deadline::max();
}

void MediaLink::State::weigh(const Remote& remote) {
  const Endpoint& there = remote.report.candidate.endpoint;
  if (remote.path->translated || !is_global(there.address)) return;
  const std::string from = net::source_address_for(there);
  remote.path->translated = !from.empty() && !is_global(from);
}

/// LiveKit cannot be told of a TCP connection of ours or of a relay's port; those have no local port.
void MediaLink::State::raise_questions() {
  for (const Remote& remote : remotes) {
    Path* path = remote.path;
    if (path == nullptr || !path->open || path->asked || !path->translated) continue;
    if (stun_servers.empty() || path->carrier->local_port() == 0) continue;
    path->asked = true;
    for (const Endpoint& server : stun_servers) {
      if (family_of(server.address) != family_of(remote.report.candidate.endpoint.address)) continue;
      const proto::StunMessage request = proto::binding_request();
      Bytes bytes = proto::encode_stun(request);
      questions.push_back({path, server, request.id, std::move(bytes), 0, false, Clock::now()});
    }
  }
}

awaitable<void> MediaLink::State::send_questions() {
  raise_questions();
  for (std::size_t i = 0; i < questions.size(); ++i) {
    Question& question = questions[i];
    if (question.over || question.path->dead || Clock::now() < question.next()) continue;
    ++question.tries;
    question.over = question.tries == kTries.size();
    (void)co_await question.path->carrier->send(question.server, question.bytes);
  }
}

/// An answer may come after the last try, too.
bool MediaLink::State::take_mapped(Path& path, const net::Datagram& datagram) {
  if (questions.empty()) return false;
  const auto answer = proto::decode_stun(datagram.bytes);
  if (!answer || answer->method != proto::kStunBinding) return false;
  const auto question = std::ranges::find_if(questions, [&](const Question& one) {
    return one.path == &path && one.id == answer->id && one.server == datagram.from;
  });
  if (question == questions.end()) return false;
  question->over = true;
  const auto mapped = answer->kind == proto::StunClass::success ? answer->mapped_address() : std::nullopt;
  const bool known = mapped && std::ranges::find(path.mapped, *mapped) != path.mapped.end();
  if (mapped && !known && mapped->port != 0) path.mapped.push_back(*mapped);
  return true;
}

bool MediaLink::is_translated() const {
  return std::ranges::any_of(state_->paths, [](const auto& path) { return path->translated; });
}

void MediaLink::ask_stun(std::vector<Endpoint> servers) {
  state_->stun_servers = std::move(servers);
  state_->kick();
}

std::vector<std::string> MediaLink::own_candidates() const {
  std::vector<std::string> out, seen;
  for (const State::Remote& remote : state_->remotes) {
    if (remote.path == nullptr || remote.path->carrier->local_port() == 0) continue;
    proto::Candidate own;
    own.foundation = std::to_string(remote.path->id + 1);
    own.priority = proto::candidate_priority(proto::CandidateType::host, 65535, 1);
    own.endpoint = {net::source_address_for(remote.report.candidate.endpoint),
                    remote.path->carrier->local_port()};
    if (own.endpoint.address.empty()) continue;
    add_line(out, own);
    for (const Endpoint& mapped : remote.path->mapped) {
      if (mapped != own.endpoint) add_line(seen, seen_at(own, mapped));
    }
  }
  out.insert(out.end(), seen.begin(), seen.end());
  return out;
}

}  // namespace lkdoctor::probes
