// SPDX-License-Identifier: EUPL-1.2
#include "respond/tracer.hpp"

#include <algorithm>
#include <utility>

namespace lkdoctor::respond {
namespace {

using boost::asio::posix::stream_descriptor;

constexpr std::chrono::milliseconds kUntilRead{20};
constexpr int kAtOnce = 1024;  // datagrams, before others have their turn

}  // namespace

struct Tracer::Tap {
  Tap(boost::asio::io_context& context, Family of, std::unique_ptr<Watchman> one)
      : family(of), watchman(*one), watched(context, std::move(one)), moment(context) {}

  Family family;
  Watchman& watchman;
  Watched watched;
  boost::asio::steady_timer moment;
};

Tracer::Tracer(boost::asio::io_context& context, const std::vector<proto::Ports>& serves,
               std::function<void()> read_sockets, Sights sights)
    : context_(context),
      serves_(serves),
      read_sockets_(std::move(read_sockets)),
      sights_(std::move(sights)) {}

bool Tracer::add(Family family) {
  if (!open(family)) return false;
  families_.push_back(family);
  return true;
}

void Tracer::start() {
  for (const Family family : families_) {
    if (!stands(family) && !open(family)) sights_.missed(family);
  }
}

bool Tracer::stands(Family family) const {
  return std::ranges::any_of(taps_, [&](const auto& tap) { return tap->family == family; });
}

bool Tracer::open(Family family) {
  auto front = open_tap(family, serves_);
  if (!front) return false;
  taps_.push_back(std::make_shared<Tap>(context_, family, std::move(front)));
  wait(taps_.back());
  return true;
}

void Tracer::stop() {
  for (const auto& tap : std::exchange(taps_, {})) sights_.missed(tap->family);
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
  for (int i = 0; i < kAtOnce && tap.watchman.receive(incoming_); ++i) sights_.show(incoming_);
  if (tap.watchman.has_lost()) sights_.missed(tap.family);
}

}  // namespace lkdoctor::respond
