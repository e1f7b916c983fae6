// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/probes/media_survey.hpp>
#include <lkdoctor/text.hpp>
#include <string>
#include <vector>

/// What the judges of media_udp and media_tcp look at.
namespace lkdoctor::probes::media {

using Strings = std::vector<std::string>;

bool contains(const Strings& list, std::string_view item);

/// One address that LiveKit names for media, over all sessions of a survey.
struct AddressView {
  std::string address;
  std::vector<std::uint16_t> answered;  ///< ports that answered
  std::vector<std::uint16_t> silent;    ///< ports of sessions in which this address did not answer at all
  std::vector<std::uint16_t> unclear;   ///< of these, ports that may be LiveKit's at another address of its
  std::size_t silent_sessions = 0;      ///< these sessions
  std::string answered_from;            ///< another address, from which answers came
  int refused = 0;                      ///< ICMP errors from the address itself
  net::NetOutcome failure;              ///< the last failure of its carrier
};

/// No way from this machine leads there. A router that says so says something about the network.
bool says_no_route(const CandidateReport& candidate);

struct Scene {
  Scene(const MediaSurvey& survey, Transport transport, const Facts& facts, const Deployment& deployment);

  Strings usable() const;  ///< for the audience
  Strings all() const;
  bool internet() const;
  /// "IPv4" where what is out of reach is IPv6, and the other way round.
  std::string family_here() const;
  const AddressView* find(std::string_view address) const;
  /// LiveKit itself is known to be at this address.
  bool is_livekits(const std::string& address) const;
  /// Another transport carries media.
  bool carried_otherwise() const;
  bool has_turn() const;
  std::string range() const;  ///< "20000-25000"; "" if not known

  const MediaSurvey& survey;
  const MediaReport* best;
  const Facts& facts;
  const Deployment& deployment;
  Transport transport;
  std::vector<AddressView> addresses;
  Strings signalling, external;
  Strings out_of_reach;  ///< named by LiveKit, and no route leads there from this machine
};

/// Raises what is wrong with the addresses as a set, if none of them is for the audience. True: it did.
bool judge_addresses(const Scene& scene, Judgement& judgement);
void judge_dtls(const Scene& scene, Judgement& judgement);

}  // namespace lkdoctor::probes::media
