// SPDX-License-Identifier: EUPL-1.2
#include "serve/web_gate.hpp"

#include <algorithm>

#include "config/file.hpp"

namespace lkdoctor::serve {
namespace {

constexpr std::chrono::seconds kBetweenLooks{1};

}  // namespace

WebGate::WebGate(std::string file, std::function<void(const std::string&)> tell) : file_(std::move(file)) {
  read();
  tell_ = std::move(tell);  // the first problem is the caller's, who does not start with it
}

std::shared_ptr<const WebGate::InForce> WebGate::at(Clock::time_point now) {
  if (now - looked_ < kBetweenLooks) return in_force_;
  looked_ = now;
  return look();
}

std::shared_ptr<const WebGate::InForce> WebGate::look() {
  const bool same =
      std::ranges::all_of(stamps_, [](const FileStamp& one) { return one == stamp_of(one.path); });
  if (!same) read();
  return in_force_;
}

void WebGate::read() {
  problem_.clear();
  stamps_ = {stamp_of(file_)};
  const config::FileText text = config::read_file(file_);
  auto next = std::make_shared<InForce>();
  if (text.state != config::FileText::State::read) {
    problem_ = file_ + ": " + text.problem;
  } else {
    WebConfigReading reading = read_web_config(file_, text.text);
    if (reading.error) problem_ = reading.error->message;
    next->config = std::move(reading.config);
  }
  if (problem_.empty() && next->config.tls) {
    const TlsSettings& tls = *next->config.tls;
    for (const std::string* path : {&tls.cert_file, &tls.key_file, &tls.client_ca_file}) {
      if (!path->empty()) stamps_.push_back(stamp_of(*path));
    }
    TlsContextReading reading = make_tls_context(tls);
    next->tls = std::move(reading.context);
    if (!reading.problem.empty()) problem_ = file_ + ": " + reading.problem;
  }
  if (problem_.empty()) {
    in_force_ = std::move(next);
  } else if (tell_) {
    tell_(problem_);
  }
}

}  // namespace lkdoctor::serve
