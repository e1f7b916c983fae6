// SPDX-License-Identifier: EUPL-1.2
#include "serve/courier.hpp"

#include <algorithm>
#include <system_error>

#include "serve/courier_process.hpp"

namespace lkdoctor::serve {
namespace {

/// Beyond what a delivery may take: then it is the child that hangs.
constexpr std::chrono::seconds kPatience = kDeliveryTime + std::chrono::seconds(5);
constexpr std::chrono::seconds kLongestPause{60};

LineChild::Main main_of(std::vector<Receiver> receivers) {
  return [receivers = std::move(receivers)](int socket) { run_courier(socket, receivers); };
}

struct Said {
  std::size_t receiver = 0;
  Delivered delivered;
};

/// The child talks with strangers: what it says need not make sense.
std::optional<Said> said_in(const std::string& line) {
  try {
    const Json json = Json::parse(line);
    Said out{json.at("receiver").get<std::size_t>(), {}};
    out.delivered.result.status = json.at("status").get<int>();
    out.delivered.problem = json.at("problem").get<std::string>();
    if (json.contains("retry_after_ms"))
      out.delivered.result.retry_after = Milliseconds(json.at("retry_after_ms").get<Milliseconds::rep>());
    return out;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

}  // namespace

Courier::Courier(std::vector<Receiver> receivers)
    : under_way_(receivers.size()), child_(main_of(std::move(receivers))) {}

void Courier::send(std::size_t receiver, const Delivery& delivery, Answer answer, Clock::time_point now) {
  under_way_.at(receiver) = UnderWay{std::move(answer), child_.alive() ? now + kPatience : now};
  if (child_.alive()) child_.say(dump_line({{"receiver", receiver}, {"body", delivery.body}}) + "\n");
}

void Courier::advance(Clock::time_point now) {
  if (child_.alive() && (!listen(now) || is_late(now))) lose_child(now);
  if (!child_.alive()) give_up_all(now);
  if (!child_.alive() && now >= restart_at_) restart(now);
}

bool Courier::listen(Clock::time_point now) {
  const LineChild::Heard heard = child_.hear();
  const bool sound = std::ranges::all_of(heard.lines, [&](const auto& line) { return take(line, now); });
  return sound && !heard.gone;
}

bool Courier::take(const std::string& line, Clock::time_point now) {
  const auto said = said_in(line);
  if (!said || said->receiver >= under_way_.size()) return false;
  deaths_ = 0;
  const auto one = std::exchange(under_way_[said->receiver], std::nullopt);
  if (one) one->answer(said->delivered, now);
  return true;
}

bool Courier::is_late(Clock::time_point now) const {
  return std::ranges::any_of(under_way_, [&](const auto& one) { return one && one->until <= now; });
}

/// One that dies at once is not started at once again.
void Courier::lose_child(Clock::time_point now) {
  child_.end();
  restart_at_ = now + std::min(std::chrono::seconds(1 << std::min(deaths_, 6)), kLongestPause);
  if (deaths_++ == 0) told_.emplace_back("the process that tells receivers has died; another one is started");
}

void Courier::restart(Clock::time_point now) {
  restart_at_ = Clock::time_point::max();
  try {
    child_.start();
  } catch (const std::system_error&) {  // no process is to be had now
    restart_at_ = now + kLongestPause;
  }
}

void Courier::give_up_all(Clock::time_point now) {
  std::vector<Answer> answers;
  for (auto& one : under_way_) {
    if (one) answers.push_back(std::exchange(one, std::nullopt)->answer);
  }
  for (const Answer& answer : answers) answer({{}, "lkdoctor's process for that has died"}, now);
}

Clock::time_point Courier::next_wake() const {
  Clock::time_point next = restart_at_;
  for (const auto& one : under_way_) {
    if (one) next = std::min(next, one->until);
  }
  return next;
}

std::vector<std::string> Courier::take_told() {
  return std::exchange(told_, {});
}

}  // namespace lkdoctor::serve
