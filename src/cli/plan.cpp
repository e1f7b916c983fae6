// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <lkdoctor/text.hpp>

#include "cli/commands.hpp"
#include "cli/contacts.hpp"
#include "engine/vantage.hpp"

namespace lkdoctor::cli {
namespace {

struct View {
  const Deployment& deployment;
  std::vector<engine::PlannedCheck> plan;
};

bool runs(const engine::PlannedCheck& planned) {
  return !planned.left_out && !planned.skip_reason;
}

std::string reason_of(const engine::PlannedCheck& planned) {
  return planned.left_out ? "left out by --only or --skip" : *planned.skip_reason;
}

std::string as_text(const View& view) {
  const auto count = static_cast<std::size_t>(std::ranges::count_if(view.plan, runs));
  const std::string vantage(name_of(view.deployment.run.vantage));
  std::string out = counted(count, "check", "checks") + " would run, vantage " + vantage +
                    (view.deployment.run.vantage == Vantage::automatic ? " (outside or inside)" : "") +
                    ". Nothing was contacted.\n\n";
  std::size_t number = 0;
  for (const engine::PlannedCheck& planned : view.plan) {
    if (!runs(planned)) continue;
    out += fmt::format("{:>4}  {:<24} {}\n", ++number, planned.check->info().id, planned.check->info().title);
  }
  for (const engine::PlannedCheck& planned : view.plan) {
    if (runs(planned)) continue;
    out += fmt::format("   -  {:<24} {}\n", planned.check->info().id, printable(reason_of(planned), 300));
  }
  const std::vector<Contact> contacts = contacts_of(view.deployment, view.plan);
  out += contacts.empty() ? "\nNo host would be contacted.\n" : "\nWould contact:\n";
  for (const Contact& contact : contacts) {
    out += fmt::format("  {:<36} {:<12} {:<26} {}\n", printable(contact.host), printable(contact.port),
                       contact.protocol, contact.why);
  }
  const bool joins = std::ranges::any_of(view.plan, [](const engine::PlannedCheck& planned) {
    return runs(planned) && planned.check->info().id == "signalling_join";
  });
  if (joins) {
    out +=
        "\nWould join throw-away rooms lkdoctor-…: signalling_join one, each check of media and TURN "
        "several,\n"
        "media_udp up to four more, two participants each, where several LiveKit servers answer.\n";
  }
  return out;
}

std::string as_json(const View& view) {
  OrderedJson checks = OrderedJson::array();
  for (const engine::PlannedCheck& planned : view.plan) {
    checks.push_back({{"id", planned.check->info().id},
                      {"runs", runs(planned)},
                      {"reason", runs(planned) ? OrderedJson() : OrderedJson(reason_of(planned))},
                      {"side_effect", Json(planned.check->info().side_effect)}});
  }
  OrderedJson contacts = OrderedJson::array();
  for (const Contact& contact : contacts_of(view.deployment, view.plan)) {
    contacts.push_back({{"host", contact.host},
                        {"port", contact.port},
                        {"protocol", contact.protocol},
                        {"why", contact.why}});
  }
  const OrderedJson document = {{"vantage", name_of(view.deployment.run.vantage)},
                                {"checks", std::move(checks)},
                                {"contacts", std::move(contacts)}};
  return document.dump(2, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
}

std::string planned(config::Loaded& target, const Session& session, bool json) {
  require_known(target.output.only, session.checks);
  require_known(target.output.skip, session.checks);
  engine::settle_before(target.deployment, net::look_around());
  const engine::Selection selection{target.output.only, target.output.skip};
  const View view{target.deployment,
                  engine::foreseen(engine::make_plan(session.checks, target.deployment, selection))};
  return json ? as_json(view) : as_text(view);
}

}  // namespace

int run_plan(const Session& session) {
  return show_targets(session, planned);
}

}  // namespace lkdoctor::cli
