// SPDX-License-Identifier: EUPL-1.2
#include "probes/carrier_words.hpp"

namespace lkdoctor::probes {

using net::NetError;

CarriedState state_of_failure(const net::NetOutcome& outcome) {
  switch (outcome.error) {
    case NetError::tls_refused:
      return CarriedState::other_key;
    case NetError::not_tls:
      return CarriedState::stranger;
    case NetError::refused:
      return CarriedState::refused;
    case NetError::reset:
    case NetError::closed:
      return CarriedState::cut_off;
    case NetError::timed_out:
      return outcome.stage == net::Stage::tls ? CarriedState::mute : CarriedState::silent;
    default:
      return CarriedState::no_route;
  }
}

std::string words_of(CarriedState state, const std::string& place, const std::string& detail) {
  switch (state) {
    case CarriedState::no_route:
      return place + " cannot be reached: " + detail;
    case CarriedState::refused:
      return place + " is refused: start lkdoctor respond there, and open that port for the time of the test";
    case CarriedState::silent:
      return place +
             " is silent, closed or filtered: open it for the time of the test, or give this run "
             "LiveKit's key pair";
    case CarriedState::mute:
      return place + " accepts connections and then says nothing";
    case CarriedState::cut_off:
      return place +
             " is cut off before the handshake has ended: by something on the way, or by the responder, "
             "whose "
             "--allow leaves this machine out";
    case CarriedState::stranger:
      return "what answers at " + place + " is no responder" + (detail.empty() ? "" : ": " + detail);
    case CarriedState::no_key:
      return "there is no key for it: its pairing code (--pair) or --responder-key-file";
    case CarriedState::other_key:
      return "the responder at " + place +
             " has another key: the code, the key file or the key pair of this run is not its own";
    case CarriedState::code_used:
      return "the code was used: lkdoctor respond prints another each time it starts";
    case CarriedState::busy:
    case CarriedState::denied:
      return "the responder says: " + detail;
    case CarriedState::reached:
      return detail;
  }
  return {};
}

}  // namespace lkdoctor::probes
