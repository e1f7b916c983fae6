// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/secret.hpp>
#include <string>

#include "cli/respond_place.hpp"
#include "respond/service.hpp"

/// What `respond` prints: lines of text, or one JSON event a line. Each ends with a newline.
namespace lkdoctor::cli {

struct RespondPlan {
  respond::ServiceSettings service;
  Secret code;
  RespondPlace place;
  std::string target;              ///< the URL to check
  std::uint16_t livekit_tcp = 0;   ///< rtc.tcp_port; 0: none known
  std::vector<std::string> files;  ///< that were read
  /// Key pairs by which no client is answered, since their secrets could be guessed from what is sent.
  std::vector<std::string> weak_pairs;
};

std::string text_ready(const RespondPlan& plan, const respond::Ready& ready);
std::string json_ready(const RespondPlan& plan, const respond::Ready& ready);
std::string text_of(const respond::Event& event);
std::string json_of(const respond::Event& event);
std::string text_stopped(const respond::Service& service);
std::string json_stopped(const respond::Service& service);

}  // namespace lkdoctor::cli
