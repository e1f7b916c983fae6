// SPDX-License-Identifier: EUPL-1.2
#include "serve/wire.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace lkdoctor::serve {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using net::TlsServer;

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kMostAtOnce = 64 * 1024;  // of what is encrypted before it is sent
constexpr std::size_t kMostLookedOver = 1U << 20U;

ByteView view_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

Wire::Wire(Socket socket, net::TlsContext tls, Scratch& scratch)
    : socket_(std::move(socket)), scratch_(scratch) {
  boost::system::error_code ignored;
  socket_.non_blocking(true, ignored);
  if (tls) tls_.emplace(std::move(tls));
}

awaitable<std::optional<std::string_view>> Wire::read_some() {
  while (socket_.is_open()) {
    boost::system::error_code error;
    const std::size_t size = socket_.read_some(asio::buffer(scratch_), error);
    if (!error) co_return std::string_view(scratch_.data(), size);
    if (error != asio::error::would_block && error != asio::error::interrupted) break;
    const auto [failed] = co_await socket_.async_wait(asio::socket_base::wait_read, kNoThrow);
    if (failed) break;
  }
  co_return std::nullopt;
}

/// Whoever comes second leaves it to the first, who takes until nothing is left.
awaitable<bool> Wire::flush() {
  if (flushing_) co_return !broken_;
  flushing_ = true;
  for (Bytes out = tls_->take(); !out.empty() && !broken_; out = tls_->take()) {
    const auto [error, size] = co_await asio::async_write(socket_, asio::buffer(out), kNoThrow);
    broken_ = broken_ || error;
  }
  flushing_ = false;
  co_return !broken_;
}

awaitable<bool> Wire::open() {
  while (tls_) {
    const TlsServer::Step step = tls_->handshake();
    const bool flushed = co_await flush();
    if (step == TlsServer::Step::done) co_return flushed;
    if (step != TlsServer::Step::wants_input) break;
    const auto bytes = co_await read_some();
    if (!bytes) co_return false;
    tls_->feed(view_of(*bytes));
  }
  if (!tls_) co_return true;
  if (tls_->met_plain_http()) {
    tls_.reset();
    const std::string_view told =
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n"
        "This port speaks HTTPS: ask for https:// here.\n";
    co_await send(told);
  }
  co_return false;
}

awaitable<bool> Wire::receive(std::string& into) {
  const std::size_t before = into.size();
  while (true) {
    TlsServer::Step step = TlsServer::Step::wants_input;
    if (tls_) {
      step = tls_->read(into);
      co_await flush();
    }
    if (into.size() > before) co_return true;
    if (step != TlsServer::Step::wants_input) co_return false;
    const auto bytes = co_await read_some();
    if (!bytes) co_return false;
    if (tls_) {
      tls_->feed(view_of(*bytes));
    } else {
      into.append(*bytes);
    }
  }
}

awaitable<bool> Wire::send(std::string_view bytes) {
  if (!tls_ && !broken_) {
    const auto [error, size] = co_await asio::async_write(socket_, asio::buffer(bytes), kNoThrow);
    broken_ = error.failed();
  }
  while (tls_ && !bytes.empty() && !broken_) {
    const std::string_view piece = bytes.substr(0, kMostAtOnce);
    bytes.remove_prefix(piece.size());
    broken_ = tls_->write(view_of(piece)) != TlsServer::Step::done;
    co_await flush();
  }
  co_return !broken_;
}

awaitable<void> Wire::end() {
  if (tls_) {
    tls_->end();
    co_await flush();
  }
  boost::system::error_code ignored;
  if (socket_.is_open()) socket_.shutdown(asio::socket_base::shutdown_send, ignored);
  std::size_t seen = 0;
  while (seen < kMostLookedOver) {
    const auto bytes = co_await read_some();
    if (!bytes) break;
    seen += bytes->size();
  }
  close();
}

void Wire::interrupt() {
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

void Wire::close() {
  broken_ = true;
  boost::system::error_code ignored;
  socket_.close(ignored);
}

}  // namespace lkdoctor::serve
