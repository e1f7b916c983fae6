// SPDX-License-Identifier: EUPL-1.2
#include "serve/connection.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace lkdoctor::serve {
namespace {

namespace asio = boost::asio;
using asio::awaitable;

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
constexpr Milliseconds kNoEnd{0};
constexpr std::size_t kBlock = 64 * 1024;

bool has_body(unsigned status) {
  return status != 204 && status != 304;  // RFC 9110 §6.4.1
}

}  // namespace

Connection::Connection(Wire wire, std::shared_ptr<Shared> shared, Endpoint from)
    : wire_(std::move(wire)),
      shared_(std::move(shared)),
      from_(std::move(from)),
      alarm_(wire_.executor()),
      full_(wire_.executor(), Clock::time_point::max()),
      since_(Clock::now()) {}

/// `patience` kNoEnd: as long as it takes.
void Connection::enter(Stage stage, Milliseconds patience) {
  stage_ = stage;
  since_ = Clock::now();
  expired_ = false;
  alarm_.cancel();
  if (patience == kNoEnd) return;
  alarm_.expires_at(since_ + patience);
  alarm_.async_wait([weak = weak_from_this(), due = alarm_.expiry()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (!error && self && self->alarm_.expiry() == due) self->expire();
  });
}

void Connection::expire() {
  expired_ = true;
  ++shared_->timed_out;
  wire_.interrupt();
}

void Connection::dismiss() {
  if (stage_ == Stage::between || streaming_) wire_.interrupt();
}

void Connection::close() {
  alarm_.cancel();
  full_.cancel();
  wire_.close();
}

awaitable<void> Connection::run(std::shared_ptr<Connection> self) {
  self->enter(Stage::request, self->shared_->patience.request);
  bool more = co_await self->wire_.open();
  while (more && !self->shared_->stopping) {
    auto asked = co_await self->next_request();
    if (!asked) break;
    more = co_await self->answer(std::move(*asked));
  }
  self->enter(Stage::between, self->shared_->patience.closing);
  co_await self->wire_.end();
  self->close();
}

awaitable<std::optional<Connection::Asked>> Connection::next_request() {
  if (inbox_.empty()) {
    enter(Stage::between, shared_->patience.between);
  } else {
    enter(Stage::request, shared_->patience.request);
  }
  RequestReader::State state = reader_.feed(inbox_);
  while (state == RequestReader::State::incomplete) {
    const bool got = co_await wire_.receive(inbox_);
    if (!got && expired_ && stage_ == Stage::request)
      co_await refuse(says(408, "The request did not come to its end in time."));
    if (!got) co_return std::nullopt;
    if (stage_ == Stage::between) enter(Stage::request, shared_->patience.request);
    state = reader_.feed(inbox_);
  }
  if (state == RequestReader::State::refused) {
    co_await refuse(reader_.refusal());
    co_return std::nullopt;
  }
  Asked asked{{}, reader_.keep_alive(), reader_.knows_chunks()};
  asked.request = reader_.take();
  asked.request.from = from_;
  asked.request.tls = wire_.is_tls();
  co_return asked;
}

/// What the client asks next comes meanwhile, but no more of it than one request can be.
awaitable<void> Connection::until_gone() {
  bool here = true;
  while (here && inbox_.size() <= kLongestHead + kLongestBody) here = co_await wire_.receive(inbox_);
  if (!here) co_return;
  co_await full_.async_wait(kNoThrow);
}

/// False: the client left, or the stream was told to end, and `work` was cancelled. REQUIRES: `work` does not
/// throw.
awaitable<bool> Connection::while_here(awaitable<void> work) {
  using namespace asio::experimental::awaitable_operators;
  auto gone = until_gone();
  auto raced = std::move(work) || std::move(gone);
  const auto first = co_await std::move(raced);
  co_return first.index() == 0;
}

awaitable<void> Connection::handle(Request request, Response* into) {
  std::string failure;
  try {
    auto answering = shared_->handler(std::move(request));
    *into = co_await std::move(answering);
    co_return;
  } catch (const boost::system::system_error& error) {
    if (error.code() == asio::error::operation_aborted) co_return;  // the client has left
    failure = error.what();
  } catch (const std::exception& error) {
    failure = error.what();
  }
  *into = says(500, "lkdoctor failed at this request; its log says more.");
  if (shared_->tell) shared_->tell(failure);
}

awaitable<bool> Connection::answer(Asked asked) {
  const bool head_only = asked.request.method == "HEAD";
  ++shared_->requests;
  enter(Stage::handling, kNoEnd);
  Response response;
  response.status = 503;  // of a handler that gave up by itself
  auto work = handle(std::move(asked.request), &response);
  const bool here = co_await while_here(std::move(work));
  if (!here || !wire_.is_open()) co_return false;
  add_protection(response);
  const bool streams = response.stream && !head_only;
  Framing framing;
  framing.chunked = response.stream && asked.knows_chunks;
  framing.keep_alive = asked.keep_alive && !shared_->stopping && (!response.stream || asked.knows_chunks);
  if (!response.stream && has_body(response.status)) framing.length = response.size();
  std::string head = head_of(response, framing);
  bool sent = false;
  if (streams) {
    sent = co_await send_stream(response, std::move(head), framing.chunked);
  } else {
    sent = co_await send_whole(response, std::move(head), !head_only && has_body(response.status));
  }
  co_return sent&& framing.keep_alive;
}

awaitable<bool> Connection::send(std::string_view bytes) {
  enter(Stage::writing, shared_->patience.writing);
  const bool sent = co_await wire_.send(bytes);
  co_return sent;
}

awaitable<bool> Connection::send_whole(const Response& response, std::string head, bool with_body) {
  std::string block = std::move(head);
  bool going = true;
  if (with_body) block += response.body;
  for (std::size_t i = 0; with_body && going && i < response.pieces.size(); ++i) {
    block += response.pieces[i];
    if (block.size() < kBlock) continue;
    going = co_await send(block);
    block.clear();
  }
  if (going && !block.empty()) going = co_await send(block);
  co_return going;
}

awaitable<void> Connection::follow(const Stream& stream, bool chunked) {
  try {
    for (bool going = true; going;) {
      auto next = stream();
      const std::optional<std::string> piece = co_await std::move(next);
      if (!piece) co_return;
      if (piece->empty()) continue;  // in chunks it would be the end
      const std::string framed = chunked ? chunk_of(*piece) : *piece;
      going = co_await send(framed);
      enter(Stage::handling, kNoEnd);
    }
  } catch (const std::exception& error) {
    const auto* system = dynamic_cast<const boost::system::system_error*>(&error);
    const bool cancelled = system != nullptr && system->code() == asio::error::operation_aborted;
    if (!cancelled && shared_->tell) shared_->tell(error.what());
  }
}

awaitable<bool> Connection::send_stream(const Response& response, std::string head, bool chunked) {
  std::string first = response.body;
  for (const std::string_view piece : response.pieces) first += piece;
  if (!first.empty()) head += chunked ? chunk_of(first) : first;
  const bool sent = co_await send(head);
  if (!sent) co_return false;
  enter(Stage::handling, kNoEnd);
  streaming_ = true;
  auto work = follow(response.stream, chunked);
  const bool ended = co_await while_here(std::move(work));
  streaming_ = false;
  if (!ended && !shared_->stopping) co_return false;
  if (!chunked) co_return true;
  const bool closed = co_await send(kLastChunk);
  co_return closed;
}

awaitable<void> Connection::refuse(Response response) {
  ++shared_->refused;
  add_protection(response);
  Framing framing;
  framing.keep_alive = false;
  framing.length = response.size();
  const std::string whole = head_of(response, framing) + response.body;
  co_await send(whole);
}

}  // namespace lkdoctor::serve
