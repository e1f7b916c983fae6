// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <array>
#include <lkdoctor/net/stun.hpp>
#include <lkdoctor/proto/stun.hpp>

namespace lkdoctor::net {
namespace {

namespace asio = boost::asio;

/// RFC 8489 §6.2.1 with RTO = 500 ms, Rc = 7.
constexpr std::array<Milliseconds, 7> kSendTimes{{Milliseconds(0), Milliseconds(500), Milliseconds(1'500),
                                                  Milliseconds(3'500), Milliseconds(7'500),
                                                  Milliseconds(15'500), Milliseconds(31'500)}};

struct Transaction {
  Endpoint server;
  proto::StunMessage request;
  StunReply reply;
  Clock::time_point started, sent;
  bool done = false;

  Deadline next_send() const {
    const auto tries = static_cast<std::size_t>(reply.tries);
    return tries < kSendTimes.size() ? started + kSendTimes.at(tries) : Deadline::max();
  }
  void end(NetOutcome outcome) {
    done = true;
    reply.outcome = std::move(outcome);
    const auto since = reply.outcome.ok() ? sent : started;
    reply.took = std::chrono::duration_cast<Microseconds>(Clock::now() - since);
  }
};

bool same_peer(const Endpoint& left, const Endpoint& right) {
  return left.address == right.address && left.port == right.port;
}

asio::awaitable<void> send_due(UdpSocket* socket, std::vector<Transaction>* open) {
  for (Transaction& transaction : *open) {
    if (transaction.done || Clock::now() < transaction.next_send()) continue;
    Bytes bytes = proto::encode_stun(transaction.request);
    transaction.sent = Clock::now();
    ++transaction.reply.tries;
    NetOutcome sent = co_await socket->send(transaction.server, std::move(bytes));
    if (!sent.ok()) transaction.end(std::move(sent));
  }
}

/// True if it was the answer to one of our requests: transaction id and sender must both fit.
bool take_answer(const Datagram& datagram, std::vector<Transaction>& open) {
  const auto message = proto::decode_stun(datagram.bytes);
  if (!message) return false;
  for (Transaction& transaction : open) {
    if (transaction.done || message->id != transaction.request.id) continue;
    if (!same_peer(datagram.from, transaction.server)) continue;
    transaction.reply.mapped = message->mapped_address();
    transaction.reply.other = message->other_address();
    const bool answered = message->kind == proto::StunClass::success && transaction.reply.mapped;
    transaction.end(answered
                        ? NetOutcome{}
                        : NetOutcome{Stage::response, NetError::malformed, "an answer without an address"});
    return answered;
  }
  return false;
}

void take_error(const Datagram& datagram, std::vector<Transaction>& open) {
  for (Transaction& transaction : open) {
    if (!transaction.done && same_peer(datagram.from, transaction.server)) transaction.end(datagram.outcome);
  }
}

Deadline wake_time(const std::vector<Transaction>& open, Deadline limit) {
  for (const Transaction& transaction : open) {
    if (!transaction.done) limit = earlier(limit, transaction.next_send());
  }
  return limit;
}

}  // namespace

asio::awaitable<std::vector<StunReply>> ask_stun(UdpSocket* socket, std::vector<Endpoint> servers,
                                                 StunPatience patience, Deadline deadline) {
  const auto start = Clock::now();
  Deadline limit = earlier(deadline, start + patience.longest);
  std::vector<Transaction> open;
  for (Endpoint& server : servers) {
    open.push_back({std::move(server), proto::binding_request(), {}, start, start});
  }
  const auto waiting = [](const Transaction& transaction) { return !transaction.done; };
  while (std::ranges::any_of(open, waiting) && Clock::now() < limit) {
    co_await send_due(socket, &open);
    if (std::ranges::none_of(open, waiting)) break;
    const Datagram datagram = co_await socket->receive(wake_time(open, limit));
    if (!datagram.outcome.ok()) {
      take_error(datagram, open);
    } else if (take_answer(datagram, open)) {
      limit = earlier(limit, start + patience.after_first);
    }
  }
  std::vector<StunReply> replies;
  for (Transaction& transaction : open) {
    if (!transaction.done) transaction.end({Stage::response, NetError::timed_out, "no answer"});
    replies.push_back(std::move(transaction.reply));
  }
  co_return replies;
}

}  // namespace lkdoctor::net
