// SPDX-License-Identifier: EUPL-1.2
#include "cli/check_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <lkdoctor/text.hpp>

#include "cli/serving_view.hpp"
#include "report/layout.hpp"
#include "serve/listen.hpp"

namespace lkdoctor::cli {
namespace {

constexpr int kWidth = 100;

std::string text_of(Milliseconds interval) {
  const auto seconds = interval.count() / 1000;
  if (seconds % 3600 == 0) return std::to_string(seconds / 3600) + " h";
  if (seconds % 60 == 0) return std::to_string(seconds / 60) + " min";
  return std::to_string(seconds) + " s";
}

/// Rounded up: what is rare is not nothing.
long long whole(double number) {
  return std::llround(std::ceil(number - 1e-9));
}

std::string text_of(const HourlyLoad& load) {
  return (load.joins > 0 ? fmt::format("about {} joins of {} rooms", whole(load.joins), whole(load.rooms))
                         : "no joins") +
         fmt::format(", {} answers 401 an hour", whole(load.unauthorized));
}

std::string vantage_text(Vantage vantage) {
  return std::string(name_of(vantage)) + (vantage == Vantage::automatic ? " (outside or inside)" : "");
}

std::string protection_text(const serve::WebSettings& settings, const serve::WebConfig& web) {
  std::string out = web.tls ? "HTTPS" : "HTTP";
  if (web.tls && web.tls->client_auth != serve::ClientAuth::none) out += ", certificates of clients";
  out += web.users.empty() ? ", no passwords" : ", passwords";
  if (settings.open) out += ", open: pages tell verdict, time and title alone beyond loopback";
  return out;
}

std::string head_text(const serve::Settings& settings, const serve::WebConfig& web) {
  std::string out;
  for (const serve::ListenAddress& address : settings.web.listen) {
    out += fmt::format("listens on  {} ({})\n", text(address), protection_text(settings.web, web));
  }
  if (!settings.web.external_url.empty())
    out += "reached at  " + printable(settings.web.external_url, 200) + "\n";
  if (!settings.web.route_prefix.empty())
    out += "paths       below " + printable(settings.web.route_prefix, 200) + "\n";
  out += "history     " +
         (settings.state_dir.empty() ? "in memory alone" : "in " + printable(settings.state_dir, 300)) + "\n";
  std::string modules;
  for (const serve::Module& module : settings.modules)
    modules += (modules.empty() ? "" : ", ") + printable(module.name, 60);
  return out + report::wrapped("modules     ", modules, kWidth);
}

std::string contacts_text(const std::vector<Contact>& contacts) {
  std::string out;
  for (const Contact& contact : contacts) {
    out += fmt::format("    {:<36} {:<12} {:<26} {}\n", printable(contact.host), printable(contact.port),
                       contact.protocol, printable(contact.why, 300));
  }
  return out;
}

std::string schedule_text(const Schedule& schedule) {
  std::map<Milliseconds, std::string> lanes;
  for (const Schedule::Entry& entry : schedule.entries) {
    std::string& list = lanes[entry.every];
    list += (list.empty() ? "" : ", ") + std::string(entry.check->id);
  }
  std::string out;
  for (const auto& [every, list] : lanes) {
    out += report::wrapped(fmt::format("  {:<16}", "every " + text_of(every)), list, kWidth);
  }
  for (const Schedule::LeftOut& one : schedule.left_out) {
    out += fmt::format("  -  {:<24} {}\n", one.check, printable(one.reason, 300));
  }
  return out;
}

std::string target_text(const ServingView::OfTarget& target) {
  const bool any = !target.contacts.empty();
  return fmt::format("\ntarget {}: module {}, LiveKit {}, vantage {}\n", printable(target.name, 100),
                     printable(target.module, 60), printable(target.livekit, 200),
                     vantage_text(target.vantage)) +
         "  " + text_of(target.load) + "\n" + schedule_text(target.schedule) +
         (any ? "  contacts:\n" : "  contacts no host\n") + contacts_text(target.contacts);
}

std::string as_text(const serve::Settings& settings, const serve::WebConfig& web, const ServingView& view) {
  std::string out = "The configuration is good. Nothing was contacted.\n\n" + head_text(settings, web);
  for (const ServingView::OfTarget& target : view.targets) out += target_text(target);
  if (!view.receivers.empty()) out += "\ntells of changes:\n" + contacts_text(view.receivers);
  for (const ServingView::OfLiveKit& one : view.livekits) {
    if (one.targets.size() < 2) continue;
    out += "\n" + report::wrapped("",
                                  fmt::format("LiveKit {} of {} targets: {}; {} at a time may join",
                                              printable(one.livekit, 200), one.targets.size(),
                                              text_of(one.load), settings.joins_at_once),
                                  kWidth);
  }
  out += "\n" + report::wrapped("",
                                "Estimated for LiveKit in order and one address for each URL. Where no media "
                                "gets through, media_udp opens up to nine more sessions a run. Changes of "
                                "state and /probe with a module of its own add runs.",
                                kWidth);
  for (const std::string& warning : view.warnings) out += report::wrapped("warning: ", warning, kWidth);
  return out;
}

OrderedJson contacts_json(const std::vector<Contact>& contacts) {
  OrderedJson out = OrderedJson::array();
  for (const Contact& contact : contacts) {
    out.push_back({{"host", contact.host},
                   {"port", contact.port},
                   {"protocol", contact.protocol},
                   {"why", contact.why}});
  }
  return out;
}

OrderedJson load_json(const HourlyLoad& load) {
  return {
      {"joins", whole(load.joins)}, {"rooms", whole(load.rooms)}, {"unauthorized", whole(load.unauthorized)}};
}

OrderedJson target_json(const ServingView::OfTarget& target) {
  OrderedJson checks = OrderedJson::array();
  for (const Schedule::Entry& entry : target.schedule.entries) {
    checks.push_back({{"id", entry.check->id},
                      {"every_seconds", entry.every.count() / 1000},
                      {"reason", OrderedJson()},
                      {"side_effect", Json(entry.check->side_effect)}});
  }
  for (const Schedule::LeftOut& one : target.schedule.left_out) {
    checks.push_back({{"id", one.check}, {"every_seconds", OrderedJson()}, {"reason", one.reason}});
  }
  return {{"name", target.name},
          {"module", target.module},
          {"livekit", target.livekit},
          {"vantage", name_of(target.vantage)},
          {"checks", checks},
          {"estimated_per_hour", load_json(target.load)},
          {"contacts", contacts_json(target.contacts)}};
}

OrderedJson or_null(const std::string& text) {
  return text.empty() ? OrderedJson() : OrderedJson(text);
}

OrderedJson head_json(const serve::Settings& settings, const serve::WebConfig& web) {
  OrderedJson listen = OrderedJson::array(), modules = OrderedJson::array();
  for (const serve::ListenAddress& address : settings.web.listen) listen.push_back(text(address));
  for (const serve::Module& module : settings.modules) modules.push_back(module.name);
  return {{"listen", listen},
          {"tls", web.tls.has_value()},
          {"passwords", !web.users.empty()},
          {"open", settings.web.open},
          {"external_url", or_null(settings.web.external_url)},
          {"route_prefix", or_null(settings.web.route_prefix)},
          {"state_dir", or_null(settings.state_dir)},
          {"joins_at_once", settings.joins_at_once},
          {"modules", modules}};
}

std::string as_json(const serve::Settings& settings, const serve::WebConfig& web, const ServingView& view) {
  OrderedJson document = head_json(settings, web);
  OrderedJson targets = OrderedJson::array(), livekits = OrderedJson::array();
  for (const ServingView::OfTarget& target : view.targets) targets.push_back(target_json(target));
  for (const ServingView::OfLiveKit& one : view.livekits) {
    livekits.push_back(
        {{"livekit", one.livekit}, {"targets", one.targets}, {"estimated_per_hour", load_json(one.load)}});
  }
  document["targets"] = std::move(targets);
  document["livekits"] = std::move(livekits);
  document["receivers"] = contacts_json(view.receivers);
  document["warnings"] = view.warnings;
  return document.dump(2, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
}

}  // namespace

std::string describe_serving(const serve::Settings& settings, const serve::WebConfig& web,
                             const engine::CheckList& checks, bool json) {
  const ServingView view = view_of(settings, web, checks);
  return json ? as_json(settings, web, view) : as_text(settings, web, view);
}

}  // namespace lkdoctor::cli
