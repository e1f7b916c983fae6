// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <functional>
#include <lkdoctor/clock.hpp>
#include <lkdoctor/file_stamp.hpp>

#include "serve/tls_context.hpp"

namespace lkdoctor::serve {

/// The web configuration file, with what it names, as it is now. It is read again when one of these files has
/// changed: a renewed certificate is served from the next connection on. What is bad then is told once, and
/// what was in force stays in force.
class WebGate {
 public:
  struct InForce {
    WebConfig config;
    net::TlsContext tls;  ///< null: plain HTTP
  };

  /// Reads at once. `tell` hears every problem of a later reading; null: nobody does.
  WebGate(std::string file, std::function<void(const std::string&)> tell);

  /// Looks for changes, but not more often than once a second. Null: nothing good has been read yet.
  std::shared_ptr<const InForce> at(Clock::time_point now);
  /// Looks for changes now.
  std::shared_ptr<const InForce> look();

  /// Of the last reading; "" if it was good.
  const std::string& problem() const noexcept { return problem_; }

 private:
  void read();

  std::string file_;
  std::function<void(const std::string&)> tell_;
  std::vector<FileStamp> stamps_;
  std::shared_ptr<const InForce> in_force_;
  std::string problem_;
  Clock::time_point looked_{};
};

}  // namespace lkdoctor::serve
