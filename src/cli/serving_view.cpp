// SPDX-License-Identifier: EUPL-1.2
#include "cli/serving_view.hpp"

#include <algorithm>
#include <lkdoctor/redaction.hpp>
#include <lkdoctor/text.hpp>
#include <lkdoctor/url.hpp>

#include "model/secrets.hpp"
#include "serve/listen.hpp"

namespace lkdoctor::cli {
namespace {

ServingView::OfTarget of_target(const serve::Target& target, const engine::CheckList& checks) {
  const Deployment& deployment = target.loaded.deployment;
  ServingView::OfTarget out;
  out.name = target.name;
  out.module = target.module.name;
  out.livekit = target.livekit;
  out.vantage = deployment.run.vantage;
  out.schedule = schedule_of(target, checks);
  out.load = load_of(out.schedule, deployment);
  const engine::Selection selection{serve::checks_of(target.module), target.loaded.output.skip};
  out.contacts = contacts_of(deployment, engine::foreseen(engine::make_plan(checks, deployment, selection)));
  const Redactor redactor = redactor_for(deployment);
  for (Schedule::LeftOut& one : out.schedule.left_out) one.reason = redactor.clean(one.reason);
  for (Contact& contact : out.contacts) contact.why = redactor.clean(contact.why);
  return out;
}

std::vector<ServingView::OfLiveKit> by_livekit(const std::vector<ServingView::OfTarget>& targets) {
  std::vector<ServingView::OfLiveKit> out;
  for (const ServingView::OfTarget& target : targets) {
    auto at = std::ranges::find(out, target.livekit, &ServingView::OfLiveKit::livekit);
    if (at == out.end()) at = out.insert(out.end(), {target.livekit, {}, {}});
    at->targets.push_back(target.name);
    at->load += target.load;
  }
  return out;
}

/// The path of a webhook may be what keeps it from others.
Contact of_receiver(const serve::Receiver& receiver) {
  const auto url = parse_url(receiver.url);
  const bool webhook = receiver.kind == serve::Receiver::Kind::webhook;
  return {url ? url->host : "", url ? std::to_string(url->port) : "",
          url && url->tls() ? "TCP, TLS, HTTP" : "TCP, HTTP",
          std::string(webhook ? "webhook" : "Alertmanager") + ": is told of state changes"};
}

bool asks_for_certificates(const serve::WebConfig& web) {
  using serve::ClientAuth;
  return web.tls && (web.tls->client_auth == ClientAuth::require_any ||
                     web.tls->client_auth == ClientAuth::require_and_verify);
}

void warn_of_listening(const serve::WebSettings& settings, const serve::WebConfig& web,
                       std::vector<std::string>& warnings) {
  for (const serve::ListenAddress& address : settings.listen) {
    if (address.is_loopback()) continue;
    const std::string where = text(address);
    if (web.users.empty() && !asks_for_certificates(web) && !settings.open)
      warnings.push_back("whoever reaches " + where +
                         " reads reports, which name addresses and files: the web configuration file asks "
                         "for neither password nor certificate");
    if (!web.users.empty() && !web.tls)
      warnings.push_back("passwords for " + where + " cross the network readable: without TLS");
  }
}

void warn_of_joins(const ServingView& view, std::size_t joins_at_once, std::vector<std::string>& warnings) {
  for (const ServingView::OfLiveKit& one : view.livekits) {
    if (one.targets.size() < 2 || joins_at_once < 2 || one.load.joins == 0) continue;
    warnings.push_back(std::to_string(one.targets.size()) + " targets have LiveKit " +
                       printable(one.livekit, 200) + ", and joins_at_once lets " +
                       std::to_string(std::min(joins_at_once, one.targets.size())) +
                       " of them join it at the same time: what one measures can disturb the other");
  }
}

}  // namespace

ServingView view_of(const serve::Settings& settings, const serve::WebConfig& web,
                    const engine::CheckList& checks) {
  ServingView out;
  for (const serve::Target& target : settings.targets) out.targets.push_back(of_target(target, checks));
  out.livekits = by_livekit(out.targets);
  for (const serve::Receiver& receiver : settings.receivers) out.receivers.push_back(of_receiver(receiver));
  warn_of_listening(settings.web, web, out.warnings);
  if (settings.state_dir.empty())
    out.warnings.emplace_back("the history is in memory alone and ends with the program: give --state-dir");
  warn_of_joins(out, settings.joins_at_once, out.warnings);
  return out;
}

}  // namespace lkdoctor::cli
