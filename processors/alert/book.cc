#include "processors/alert/book.h"

#include "processors/core/id.h"

namespace weir::alert {
namespace {

/// The value of a key of the store; nullopt where what it stands for is gone.
template <class Map, class Key, class Encode>
void write(state::WriteBack& store, const std::string& key, const Map& map, const Key& name,
           Encode encode) {
  const auto found = map.find(name);
  if (found == map.end()) {
    store.erase(key);
  } else {
    store.put(key, encode(found->second));
  }
}

}  // namespace

Result<void> Book::open(state::WriteBack& store) {
  Result<void> result;
  WEIR_TRY(store.scan("", "", [&](std::string_view key, std::string_view value) {
    result = read(key, value);
    return result.has_value();
  }));
  return result;
}

Result<void> Book::read(std::string_view key, std::string_view value) {
  const std::string_view kind = key.substr(0, 1);
  std::string name(key.substr(std::min<std::size_t>(1, key.size())));
  if (key == kHeadKey) {
    WEIR_ASSIGN(head_, decode_head(value));
  } else if (kind == kAlertPrefix) {
    WEIR_ASSIGN(entries_[std::move(name)], decode_entry(value));
  } else if (kind == kGroupPrefix) {
    WEIR_ASSIGN(const GroupKey group, parse_group_key(key));
    WEIR_ASSIGN(groups_[group], decode_group(value));
  } else if (kind == kLoadPrefix) {
    WEIR_ASSIGN(loads_[std::move(name)], decode_load(value));
  } else if (kind == kSilencePrefix) {
    WEIR_ASSIGN(const v1::Silence silence, decode_silence(value));
    WEIR_ASSIGN(auto matchers, labels::make_matchers(silence.matcher()));
    silences_[std::move(name)] = {silence, std::move(matchers)};
  } else {
    return fail(ErrorCode::corrupt, "state of alert: unknown key {}", to_hex(key));
  }
  return {};
}

void Book::flush(state::WriteBack& store) {
  store.put(kHeadKey, encode_head(head_));
  for (const std::string& key : touched_) {
    const std::string name = key.substr(1);
    if (key.starts_with(kAlertPrefix)) {
      write(store, key, entries_, name, encode_entry);
    } else if (key.starts_with(kGroupPrefix)) {
      write(store, key, groups_, *parse_group_key(key), encode_group);
    } else if (key.starts_with(kLoadPrefix)) {
      write(store, key, loads_, name, encode_load);
    } else {
      write(store, key, silences_, name,
            [](const Silence& each) { return each.silence.SerializeAsString(); });
    }
  }
  touched_.clear();
}

const Entry* Book::find(std::string_view fingerprint) const {
  const auto found = entries_.find(fingerprint);
  return found == entries_.end() ? nullptr : &found->second;
}

Entry& Book::entry(const std::string& fingerprint) {
  touched_.insert(alert_key(fingerprint));
  return entries_[fingerprint];
}

void Book::erase_entry(const std::string& fingerprint) {
  touched_.insert(alert_key(fingerprint));
  entries_.erase(fingerprint);
}

Group& Book::group(const GroupKey& key) {
  touched_.insert(group_key(key));
  return groups_[key];
}

void Book::erase_group(const GroupKey& key) {
  touched_.insert(group_key(key));
  groups_.erase(key);
}

Load& Book::load(const std::string& receiver) {
  touched_.insert(load_key(receiver));
  return loads_[receiver];
}

Result<void> Book::put_silence(const v1::Silence& silence) {
  WEIR_ASSIGN(auto matchers, labels::make_matchers(silence.matcher()));
  touched_.insert(silence_key(silence.id()));
  silences_[silence.id()] = {silence, std::move(matchers)};
  return {};
}

void Book::erase_silence(const std::string& id) {
  touched_.insert(silence_key(id));
  silences_.erase(id);
}

}  // namespace weir::alert
