// SPDX-License-Identifier: EUPL-1.2
#include "net/errors.hpp"

#include <boost/asio/error.hpp>
#include <cerrno>

namespace lkdoctor::net {
namespace {

NetError kind_of_errno(int code) {
  switch (code) {
    case ECONNREFUSED:
      return NetError::refused;
    case EHOSTUNREACH:
    case EHOSTDOWN:
      return NetError::host_unreachable;
    case ENETUNREACH:
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
      return NetError::network_unreachable;
    case EACCES:
    case EPERM:
      return NetError::prohibited;
    case ECONNRESET:
    case EPIPE:
    case ECONNABORTED:
      return NetError::reset;
    case ETIMEDOUT:
      return NetError::timed_out;
    default:
      return NetError::other;
  }
}

std::string words_for(NetError error, const boost::system::error_code& code) {
  switch (error) {
    case NetError::refused:
      return "connection refused";
    case NetError::host_unreachable:
      return "host unreachable";
    case NetError::network_unreachable:
      return "no route from here";
    case NetError::prohibited:
      return "rejected: administratively prohibited";
    case NetError::reset:
      return "connection reset by the peer";
    case NetError::timed_out:
      return "no answer";
    default:
      return code.message();
  }
}

}  // namespace

NetOutcome failed(Stage stage, NetError error, std::string text) {
  return {stage, error, std::move(text)};
}

NetOutcome timed_out(Stage stage) {
  return {stage, NetError::timed_out, "no answer in time"};
}

NetOutcome outcome_of(Stage stage, const std::optional<boost::system::error_code>& error) {
  if (!error || *error == boost::asio::error::operation_aborted) return timed_out(stage);
  if (!*error) return {};
  if (*error == boost::asio::error::eof) return {stage, NetError::closed, "closed by the peer"};
  const NetError kind = kind_of_errno(error->value());
  return {stage, kind, words_for(kind, *error)};
}

}  // namespace lkdoctor::net
