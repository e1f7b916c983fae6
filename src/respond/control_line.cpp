// SPDX-License-Identifier: EUPL-1.2
#include "respond/control_line.hpp"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <span>

#include "base/address_text.hpp"
#include "respond/relay_fault.hpp"

namespace lkdoctor::respond {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using Line = std::shared_ptr<ControlLine>;
using Block = std::array<std::uint8_t, 16384>;

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);

/// A line that fails ends alone, and the operator reads why.
void end_with(const Line& line, const std::exception_ptr& failed) {
  if (!failed) return;
  line->close();
  try {
    std::rethrow_exception(failed);
  } catch (const std::exception& error) {
    line->talk.failed(error.what());
  }
}

/// One writer at a time: whoever comes second waits, so that a reader is never faster than what it feeds.
awaitable<void> flush_client(Line line) {
  while (line->client_busy && !line->closed()) co_await line->client_free.async_wait(kNoThrow);
  line->client_busy = true;
  for (Bytes out = line->talk.take(); !out.empty() && !line->closed(); out = line->talk.take()) {
    const auto [error, size] = co_await asio::async_write(line->client, asio::buffer(out), kNoThrow);
    if (error) line->close();
  }
  line->client_busy = false;
  line->client_free.cancel();
  if (line->talk.over()) line->close();
}

awaitable<void> flush_upstream(Line line) {
  while (line->upstream_busy && !line->closed()) co_await line->upstream_free.async_wait(kNoThrow);
  line->upstream_busy = true;
  for (std::string out = line->talk.take_upstream(); !out.empty() && line->upstream.is_open();
       out = line->talk.take_upstream()) {
    const auto [error, size] = co_await asio::async_write(line->upstream, asio::buffer(out), kNoThrow);
    if (error) break;  // the reader sees why
  }
  line->upstream_busy = false;
  line->upstream_free.cancel();
  boost::system::error_code ignored;
  if (line->talk.upstream_is_over() && line->upstream.is_open())
    line->upstream.shutdown(Tcp::socket::shutdown_send, ignored);
}

awaitable<void> upstream_side(Line line) {
  const auto block = std::make_unique<Block>();
  while (!line->closed()) {
    const auto [error, size] = co_await line->upstream.async_read_some(asio::buffer(*block), kNoThrow);
    if (error) {
      line->talk.upstream_ended(Clock::now());
    } else {
      line->talk.feed_upstream(ByteView(*block).first(size), Clock::now());
    }
    line->rearm();
    co_await flush_client(line);
    co_await flush_upstream(line);
    if (error) co_return;
  }
}

/// A family that this host does not have is no place where LiveKit could be.
bool is_no_place(const boost::system::error_code& error) {
  return error == boost::system::errc::address_not_available ||
         error == boost::system::errc::address_family_not_supported ||
         error == boost::system::errc::network_unreachable;
}

awaitable<void> open_upstream(Line line, std::vector<Tcp::endpoint> livekit) {
  std::string why;
  std::vector<Endpoint> refused;
  bool all_refused = true;
  for (const Tcp::endpoint& one : livekit) {
    if (!line->talk.wants_upstream()) co_return;
    boost::system::error_code ignored;
    line->upstream.close(ignored);
    const auto [error] = co_await line->upstream.async_connect(one, kNoThrow);
    // The line may have been closed while the connection came.
    if (!error && line->talk.wants_upstream()) {
      line->upstream.set_option(Tcp::no_delay(true), ignored);
      line->talk.upstream_opened(Clock::now());
      asio::co_spawn(line->client.get_executor(), upstream_side(line),
                     [line](const std::exception_ptr& failed) { end_with(line, failed); });
      co_return;
    }
    if (error == asio::error::connection_refused) {
      refused.push_back(plain(one));
    } else if (!is_no_place(error)) {
      all_refused = false;
    }
    if (!why.empty()) continue;  // the first is where LiveKit is most likely meant to be
    why = "LiveKit does not take connections at " + text(plain(one)) + ": " + error.message();
  }
  if (why.empty()) why = "LiveKit's signalling port is not known here";
  auto fault = proto::RelayFault::unreachable;
  if (all_refused && !refused.empty())
    fault =
        fault_of_refusal(refused, net::look_around(refused.front().port), net::sees_processes_of_others());
  line->talk.upstream_refused(fault, why, Clock::now());
}

awaitable<void> client_side(Line line, std::vector<Tcp::endpoint> livekit) {
  const auto block = std::make_unique<Block>();
  while (!line->closed()) {
    const auto [error, size] = co_await line->client.async_read_some(asio::buffer(*block), kNoThrow);
    if (error) {
      line->talk.end(Clock::now());
    } else {
      line->talk.feed(ByteView(*block).first(size), Clock::now());
    }
    line->rearm();
    co_await flush_client(line);
    if (line->talk.wants_upstream()) co_await open_upstream(line, livekit);
    line->rearm();
    co_await flush_client(line);
    co_await flush_upstream(line);
    if (error) co_return;
  }
}

awaitable<void> watch(Line line) {
  while (!line->closed()) {
    line->alarm.expires_at(line->talk.patience());
    co_await line->alarm.async_wait(kNoThrow);
    if (line->closed() || Clock::now() < line->talk.patience()) continue;
    boost::system::error_code ignored;
    if (line->talk.wants_upstream()) {
      // Ends the attempt to connect; the client is told so.
      line->talk.upstream_refused(proto::RelayFault::silent, "LiveKit's signalling port does not answer",
                                  Clock::now());
      line->upstream.close(ignored);
      continue;
    }
    line->talk.expire(Clock::now());
    line->close();
  }
}

}  // namespace

Endpoint plain(const Tcp::endpoint& endpoint) {
  const auto address = endpoint.address();
  if (address.is_v4()) return {address_text(address.to_v4().to_bytes()), endpoint.port()};
  const auto bytes = address.to_v6().to_bytes();
  const std::span all(bytes);
  return {address.to_v6().is_v4_mapped() ? address_text(all.last(4)) : address_text(all), endpoint.port()};
}

ControlLine::ControlLine(Tcp::socket accepted, const PskContext& tls, Desk& desk, Endpoint from)
    : client(std::move(accepted)),
      upstream(client.get_executor()),
      alarm(client.get_executor()),
      client_free(client.get_executor(), Deadline::max()),
      upstream_free(client.get_executor(), Deadline::max()),
      talk(tls, desk, std::move(from), Clock::now()) {}

void ControlLine::close() {
  talk.finish(Clock::now());
  boost::system::error_code ignored;
  if (!client_busy && client.is_open()) {
    client.non_blocking(true, ignored);
    client.write_some(asio::buffer(talk.take()), ignored);
  }
  client.close(ignored);
  upstream.close(ignored);
  alarm.cancel();
  client_free.cancel();
  upstream_free.cancel();
}

void run(const std::shared_ptr<ControlLine>& line, const std::vector<Tcp::endpoint>& livekit) {
  const auto ended = [line](const std::exception_ptr& failed) { end_with(line, failed); };
  asio::co_spawn(line->client.get_executor(), client_side(line, livekit), ended);
  asio::co_spawn(line->client.get_executor(), watch(line), ended);
}

void dismiss(const std::shared_ptr<ControlLine>& line) {
  line->talk.finish(Clock::now());
  asio::co_spawn(line->client.get_executor(), flush_client(line),
                 [line](const std::exception_ptr& failed) { end_with(line, failed); });
}

}  // namespace lkdoctor::respond
