// SPDX-License-Identifier: EUPL-1.2
#include "respond/tracer.hpp"

namespace lkdoctor::respond {
namespace {

using boost::asio::posix::stream_descriptor;

constexpr std::chrono::milliseconds kUntilRead{20};
constexpr int kAtOnce = 1024;  // datagrams, before others have their turn

}  // namespace

struct Tracer::Tap {
  Tap(boost::asio::io_context& context, std::unique_ptr<Front> one)
      : watched(context, std::move(one)), moment(context) {}

  Watched watched;
  boost::asio::steady_timer moment;
};

Tracer::Tracer(boost::asio::io_context& context, const std::vector<proto::Ports>& serves,
               std::function<void()> read_sockets, std::function<void(const Incoming&)> show)
    : context_(context), serves_(serves), read_sockets_(std::move(read_sockets)), show_(std::move(show)) {}

bool Tracer::add(Family family) {
  if (!open(family)) return false;
  families_.push_back(family);
  return true;
}

void Tracer::start() {
  if (!taps_.empty()) return;
  for (const Family family : families_) open(family);
}

bool Tracer::open(Family family) {
  auto front = open_tap(family, serves_);
  if (!front) return false;
  taps_.push_back(std::make_shared<Tap>(context_, std::move(front)));
  wait(taps_.back());
  return true;
}

void Tracer::stop() {
  taps_.clear();
}

void Tracer::wait(const std::shared_ptr<Tap>& tap) {
  tap->watched.descriptor.async_wait(
      stream_descriptor::wait_read, [this, weak = std::weak_ptr(tap)](boost::system::error_code error) {
        const auto waiting = weak.lock();
        if (error || !waiting) return;
        waiting->moment.expires_after(kUntilRead);
        waiting->moment.async_wait([this, weak](boost::system::error_code ended) {
          const auto here = weak.lock();
          if (ended || !here) return;
          drain(*here);
          wait(here);
        });
      });
}

void Tracer::drain(Tap& tap) {
  read_sockets_();
  for (int i = 0; i < kAtOnce && tap.watched.front->receive(incoming_); ++i) show_(incoming_);
}

}  // namespace lkdoctor::respond
