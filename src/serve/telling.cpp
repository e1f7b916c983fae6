// SPDX-License-Identifier: EUPL-1.2
#include "serve/telling.hpp"

#include <algorithm>

namespace lkdoctor::serve {
namespace {

std::unique_ptr<Outbox> outbox_for(const Receiver& receiver, const OutboxOptions& options) {
  return receiver.kind == Receiver::Kind::alertmanager ? make_alert_outbox(options)
                                                       : make_event_outbox(options);
}

}  // namespace

Telling::Telling(std::vector<Receiver> receivers, const OutboxOptions& base) {
  if (receivers.empty()) return;
  for (const Receiver& receiver : receivers)
    receivers_.push_back({receiver.shown(), outbox_for(receiver, base)});
  courier_ = std::make_unique<Courier>(std::move(receivers));
}

void Telling::changed(const TargetState& state, Clock::time_point now) {
  for (const Told& one : receivers_) one.outbox->tell(state, now);
}

void Telling::forget(const std::string& target, std::int64_t at_ms, Clock::time_point now) {
  for (const Told& one : receivers_) one.outbox->forget(target, at_ms, now);
}

void Telling::advance(Clock::time_point now, std::int64_t now_ms) {
  if (!courier_) return;
  courier_->advance(now);
  for (std::size_t i = 0; i < receivers_.size(); ++i) {
    const auto body = receivers_[i].outbox->due(now, now_ms);
    if (!body) continue;
    const auto answer = [this, i](const Delivered& delivered, Clock::time_point when) {
      answered(receivers_[i], delivered, when);
    };
    courier_->send(i, *body, answer, now);
  }
}

void Telling::answered(Told& one, const Delivered& delivered, Clock::time_point now) {
  one.outbox->answered(delivered.result, now);
  const bool fails = !delivered.result.taken();
  if (fails == one.fails) return;
  one.fails = fails;
  told_.push_back(fails ? one.name + " could not be told of changes: " + delivered.problem +
                              "; this is tried again until it can"
                        : one.name + " is told of changes again");
}

int Telling::fd() const noexcept {
  return courier_ ? courier_->fd() : -1;
}

Clock::time_point Telling::next_wake() const {
  auto next = courier_ ? courier_->next_wake() : Clock::time_point::max();
  for (const Told& one : receivers_) next = std::min(next, one.outbox->next());
  return next;
}

std::vector<std::string> Telling::take_told() {
  if (courier_) std::ranges::move(courier_->take_told(), std::back_inserter(told_));
  return std::exchange(told_, {});
}

pid_t Telling::child() const noexcept {
  return courier_ ? courier_->child() : -1;
}

}  // namespace lkdoctor::serve
