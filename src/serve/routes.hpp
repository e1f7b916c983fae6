// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <variant>

#include "serve/response.hpp"

namespace lkdoctor::serve {

/// What can be asked for. Paths are below the prefix.
enum class Route {
  page,      ///< GET /
  incident,  ///< GET /incident?target=NAME: one incident, to be printed
  asset,     ///< GET /assets/NAME: what the pages are made of
  events,    ///< GET /events: server-sent events for the page
  metrics,   ///< GET /metrics
  probe,     ///< GET /probe?target=NAME[&module=NAME]
  report,    ///< GET /api/v1/report?target=NAME
  targets,   ///< GET /api/v1/targets: every target with its verdict
  sd,        ///< GET /sd: Prometheus' http_sd
  healthy,   ///< GET /-/healthy, /health
  ready,     ///< GET /-/ready, /ready
  reload     ///< POST, PUT /-/reload
};

/// What a request asks for, all of it known to exist.
struct Call {
  Route route = Route::page;
  std::string target;  ///< of probe, report and incident
  std::string module;  ///< of probe; the first known one where the request names none
  std::string asset;
};

/// Names of the configuration, in its order.
struct Known {
  std::vector<std::string> targets, modules;
  std::vector<std::string> assets;
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
