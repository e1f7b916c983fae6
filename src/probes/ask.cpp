// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <lkdoctor/facts/round_trip.hpp>
#include <lkdoctor/net/timer.hpp>
#include <lkdoctor/probes/ask.hpp>
#include <lkdoctor/text.hpp>
#include <lkdoctor/wall_clock.hpp>

namespace lkdoctor::probes {

std::string_view name_of(Side side) {
  if (side == Side::responder) return "responder";
  return side == Side::public_url ? "public_url" : "service_url";
}

const Sourced<std::string>& url_of(const Deployment& deployment, Side side) {
  if (side == Side::responder && deployment.run.carried) return deployment.run.carried->url;
  return side == Side::public_url ? deployment.public_url : deployment.service_url;
}

const Fact<facts::UrlAddresses>& addresses_of(Side side) {
  return side == Side::public_url ? facts::public_addresses : facts::service_addresses;
}

Side side_named(std::string_view name) {
  for (const Side side : {Side::public_url, Side::responder}) {
    if (name == name_of(side)) return side;
  }
  return Side::service_url;
}

std::optional<facts::UrlAddresses> place_of(Side side, const Facts& facts, const Deployment& deployment) {
  if (side != Side::responder) return facts.find(addresses_of(side));
  if (!deployment.is_carried()) return std::nullopt;
  const CarriedSession& carried = *deployment.run.carried;
  return facts::UrlAddresses{carried.url.value, "responder", carried.port, true, "", {carried.address}};
}

net::HttpTarget joining_target(Side side, const facts::UrlAddresses& where, const std::string& address,
                               const Deployment& deployment) {
  net::HttpTarget target = target_for(where, address, deployment, true);
  if (side != Side::responder) return target;
  target.tls_options.psk_identity = deployment.secrets.control_identity;
  target.tls_options.psk = deployment.secrets.control_key;
  return target;
}

Question question(std::string name, std::string target) {
  Question out;
  out.name = std::move(name);
  out.request.target = std::move(target);
  return out;
}

const Asked* find(const std::vector<Asked>& answers, std::string_view name) {
  const auto found = std::ranges::find_if(answers, [&](const Asked& asked) { return asked.name == name; });
  return found == answers.end() ? nullptr : &*found;
}

proto::Reading reading_of(const std::vector<Asked>& answers, std::string_view name) {
  const Asked* asked = find(answers, name);
  return asked == nullptr ? proto::Reading{} : asked->read();
}

std::int64_t wall_ms() {
  return lkdoctor::wall_ms();
}

Asked kept(std::string name, const net::HttpReply& reply, std::int64_t sent_at_ms) {
  Asked out;
  out.name = std::move(name);
  out.outcome = reply.outcome;
  out.answer = proto::kept_answer(reply.status, reply.headers, reply.body);
  out.first_byte = reply.first_byte;
  out.sent_at_ms = sent_at_ms;
  out.received_at_ms = reply.received_at_ms;
  return out;
}

net::Proxy proxy_named(const std::string& url, const Deployment& deployment) {
  net::Proxy out;
  const auto parsed = parse_url(url);
  if (!parsed) return out;
  out.tls = parsed->tls();
  out.host = parsed->host;
  out.port = parsed->port;
  out.ca_files = deployment.run.ca_files;
  const auto known = deployment.secrets.proxy_credentials.find(url);
  if (known != deployment.secrets.proxy_credentials.end()) out.credentials = known->second;
  return out;
}

void mark_proxy(const facts::UrlAddresses& where, Judgement& judgement) {
  if (!where.via_proxy.empty()) judgement.fact("via_proxy", where.via_proxy);
}

net::HttpTarget target_for(const facts::UrlAddresses& where, const std::string& address,
                           const Deployment& deployment, bool require_trust) {
  net::HttpTarget target;
  target.peer = {address, where.port};
  target.host = where.host;
  target.port = where.port;
  target.tls = where.tls;
  target.require_trust = require_trust;
  target.tls_options.server_name = where.host;
  target.tls_options.ca_files = deployment.run.ca_files;
  target.proxy = proxy_named(where.via_proxy, deployment);
  return target;
}

std::string path_under(const facts::UrlAddresses& where, std::string_view suffix) {
  std::string base = where.path;
  while (!base.empty() && base.back() == '/') base.pop_back();
  return base + std::string(suffix);
}

awaitable<std::vector<Asked>> ask_all(Probe& probe, net::HttpSession& session,
                                      std::vector<Question> questions, Deadline deadline) {
  std::vector<net::HttpRequest> requests;
  for (const Question& asked : questions) {
    requests.push_back(asked.request);
    probe.count_request();
  }
  const std::int64_t sent = wall_ms();
  std::vector<net::HttpReply> replies = co_await session.ask_all(std::move(requests), deadline);
  std::vector<Asked> out;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    const net::HttpReply none;
    out.push_back(kept(questions[i].name, i < replies.size() ? replies[i] : none, sent));
    if (out.back().answer.status == 401) probe.count_unauthorized();
  }
  co_return out;
}

namespace {

bool is_meant_for(const Probe& probe, Side side) {
  return side != Side::service_url || probe.deployment().run.vantage == Vantage::controller;
}

/// Another check gives this fact while ours runs. Checks share one thread and nothing rings between them.
awaitable<std::optional<Microseconds>> await_round_trip(Probe& probe) {
  constexpr Milliseconds kLongest{1000};
  constexpr Milliseconds kPace{2};
  const Deadline end = Clock::now() + kLongest;
  auto known = probe.find(facts::public_round_trip);
  while (!known && Clock::now() < end) {
    co_await net::sleep_until(Clock::now() + kPace);
    known = probe.find(facts::public_round_trip);
  }
  co_return known ? std::optional(known->connect) : std::nullopt;
}

Deadline three_round_trips(Microseconds round_trip) {
  constexpr Milliseconds kSlack{20};  // for a busy machine
  return Clock::now() + 3 * round_trip + kSlack;
}

}  // namespace

Deadline patience(const Probe& probe, Side side) {
  constexpr Milliseconds kToReport{300};
  constexpr Milliseconds kElsewhere{3000};
  const Deadline last = probe.deadline() - kToReport;
  return is_meant_for(probe, side) ? last : earlier(Clock::now() + kElsewhere, last);
}

awaitable<Deadline> connect_patience(Probe& probe, Side side) {
  std::optional<Microseconds> trip;
  const bool comparable = !is_meant_for(probe, side) && probe.deployment().public_url.is_set();
  if (comparable) trip = co_await await_round_trip(probe);
  constexpr Milliseconds kSyns{9000};  // those at 0, 1, 3 and 7 s
  const Deadline last = earlier(patience(probe, side), Clock::now() + kSyns);
  co_return trip ? earlier(last, three_round_trips(*trip)) : last;
}

awaitable<std::optional<Deadline>> exposure_patience(Probe& probe) {
  const auto trip = co_await await_round_trip(probe);
  co_return trip ? std::optional(earlier(three_round_trips(*trip), patience(probe, Side::public_url)))
                 : std::nullopt;
}

void tell_phases(Probe& probe, const net::HttpSession& session) {
  probe.phase("connect", session.connect_time());
  if (session.handshake_time() > Microseconds(0)) probe.phase("tls", session.handshake_time());
}

std::string words_for(const Asked& asked) {
  if (asked.answer.status != 0) return "HTTP " + std::to_string(asked.answer.status);
  const net::NetOutcome& outcome = asked.outcome;
  if (outcome.ok()) return "no answer";
  const std::string stage = Json(outcome.stage).get<std::string>();
  std::string words = Json(outcome.error).get<std::string>();
  std::ranges::replace(words, '-', ' ');
  if (stage != "none") words += " at stage " + stage;
  return words;
}

}  // namespace lkdoctor::probes
