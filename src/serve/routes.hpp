// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <variant>

#include "serve/response.hpp"

namespace lkdoctor::serve {

/// What can be asked for. Paths are below the prefix (`serve/places.hpp`).
enum class Route {
  page,      ///< GET /
  target,    ///< GET /t/NAME: the page of one target
  incident,  ///< GET /t/NAME/incident/FROM: one incident, to be printed
  style,     ///< GET /style.css
  script,    ///< GET /live.js
  live,      ///< GET /live: server-sent events for the pages
  metrics,   ///< GET /metrics
  probe,     ///< GET /probe?target=NAME[&module=NAME]
  report,    ///< GET /api/v1/report?target=NAME
  targets,   ///< GET /api/v1/targets: every target with its verdict
  sd,        ///< GET /sd: Prometheus' http_sd
  healthy,   ///< GET /-/healthy, /health
  ready,     ///< GET /-/ready, /ready
  reload     ///< POST, PUT /-/reload
};

/// What a request asks for; names in it are known.
struct Call {
  Route route = Route::page;
  std::string target;        ///< of target, incident, probe and report
  std::string module;        ///< of probe; "": the target's own
  std::int64_t from_ms = 0;  ///< of incident, which there may be or not
};

/// Names of the configuration, in its order.
struct Known {
  std::vector<std::string> targets, modules;
};

/// Which request is for what. Pure.
class Routes {
 public:
  /// `prefix`: "" or "/" for none, else where everything is, with or without slashes around it.
  explicit Routes(std::string_view prefix = {});

  /// Else the answer: 404 that names what there is, 400 with the reason, 405 with Allow, 302 to the prefix.
  std::variant<Call, Response> find(const Request& request, const Known& known) const;

  const std::string& prefix() const noexcept { return prefix_; }  ///< "" or "/lkdoctor"

 private:
  std::string prefix_;
};

}  // namespace lkdoctor::serve
