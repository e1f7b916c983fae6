// SPDX-License-Identifier: EUPL-1.2
#include "serve/receiver.hpp"

#include <algorithm>
#include <lkdoctor/text.hpp>
#include <lkdoctor/url.hpp>

#include "config/base64.hpp"
#include "config/file.hpp"

namespace lkdoctor::serve {
namespace {

using config::FileText;
using config::OwnWord;

/// Thrown and caught inside make_receiver() alone.
struct Stop {
  config::InputError error;
};

std::string read_named(const config::OwnConfig& own, const OwnWord& word, std::size_t limit) {
  FileText file = config::read_file(word.text, limit);
  if (file.state == FileText::State::read) return std::move(file.text);
  const Origin origin{Origin::Kind::file, own.file, word.place.line, word.place.column};
  throw Stop{{66, "cannot read " + printable(word.text, 300) + " (" + text(origin) + "): " + file.problem}};
}

/// The file's one line.
Secret read_secret(const config::OwnConfig& own, const OwnWord& word) {
  const std::string whole = read_named(own, word, config::kLargestSecretFile);
  const std::string_view line = std::string_view(whole).substr(0, whole.find_last_not_of("\r\n") + 1);
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (line.empty() || std::ranges::any_of(line, is_control)) {
    throw Stop{config::own_error(own, word.place, "the file must hold one line of printable text")};
  }
  return Secret(std::string(line));
}

Secret authorization(const config::OwnConfig& own, const config::OwnReceiver& receiver) {
  if (!receiver.bearer_token_file.text.empty())
    return Secret("Bearer " + read_secret(own, receiver.bearer_token_file).reveal());
  if (receiver.password_file.text.empty()) return {};
  const Secret password = read_secret(own, receiver.password_file);
  return Secret("Basic " + config::to_base64(receiver.username + ":" + password.reveal()));
}

/// With its '?'; what follows '#' is never sent.
std::string query_of(std::string_view url) {
  const std::string_view sent = url.substr(0, url.find('#'));
  const std::size_t begin = sent.find('?');
  return begin == std::string_view::npos ? "" : std::string(sent.substr(begin));
}

}  // namespace

std::string Receiver::path() const {
  const auto parsed = parse_url(url);
  if (!parsed) return "/";
  if (kind == Kind::alertmanager) return parsed->path_of("/api/v2/alerts");
  return (parsed->path.empty() ? "/" : parsed->path) + query_of(url);
}

std::string Receiver::shown() const {
  const auto parsed = parse_url(url);
  const std::string place = parsed ? parsed->scheme + "://" + parsed->authority() : "";
  return (kind == Kind::alertmanager ? "the Alertmanager at " : "the webhook at ") + printable(place);
}

MadeReceiver make_receiver(const config::OwnConfig& own, const config::OwnReceiver& receiver) {
  using From = config::OwnReceiver::Kind;
  MadeReceiver out;
  const bool alerts = receiver.kind == From::alertmanager;
  out.receiver.kind = alerts ? Receiver::Kind::alertmanager : Receiver::Kind::webhook;
  out.receiver.url = receiver.url;
  out.receiver.ca_file = receiver.ca_file.text;
  try {
    if (!receiver.ca_file.text.empty()) read_named(own, receiver.ca_file, config::kLargestFile);
    out.receiver.authorization = authorization(own, receiver);
  } catch (const Stop& stop) {
    out.error = stop.error;
  }
  return out;
}

}  // namespace lkdoctor::serve
