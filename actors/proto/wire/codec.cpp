#include "actors/proto/wire/codec.hpp"

#include <type_traits>
#include <utility>

namespace wh::wire {

namespace {

template <class T>
struct is_bounded : std::false_type {};
template <class T, std::size_t N>
struct is_bounded<bounded<T, N>> : std::true_type {};
template <class T>
struct is_optional : std::false_type {};
template <class T>
struct is_optional<std::optional<T>> : std::true_type {};
template <class T>
struct is_byte_array : std::false_type {};
template <std::size_t N>
struct is_byte_array<fixed_bytes<N>> : std::true_type {};
template <class T, class = void>
struct is_strong : std::false_type {};
template <class T, class Tag>
struct is_strong<strong<T, Tag>> : std::true_type {};

constexpr std::size_t endpoint_size(const endpoint& e) { return e.address.is_v4() ? 7 : 19; }

/// Adds up; the same walk as `writer`.
class sizer {
 public:
  std::size_t size = 0;
  std::size_t optional = 0;  // of it, the optional fields

  template <class T>
  void operator()(const char*, const T& v) {
    field(v);
  }
  template <class T>
  void operator()(option, const char*, const std::optional<T>& v) {
    if (!v) return;
    const std::size_t before = size;
    size += 2;
    field(*v);
    optional += size - before;
  }
  template <class T>
  void field(const T& v) {
    if constexpr (std::is_same_v<T, endpoint>) {
      size += endpoint_size(v);
    } else if constexpr (std::is_same_v<T, bytes>) {
      size += 2 + v.size();
    } else if constexpr (is_bounded<T>::value) {
      ++size;
      for (const auto& e : v) field(e);
    } else if constexpr (is_optional<T>::value) {
      ++size;
      if (v) field(*v);
    } else if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
      size += sizeof(T);
    } else if constexpr (is_strong<T>::value) {
      size += sizeof(typename T::value_type);
    } else {
      T::each_field(v, *this);
    }
  }
};

/// Writes at a place that the sizer measured.
class writer {
 public:
  explicit writer(std::uint8_t* at) : at_(at) {}
  const std::uint8_t* at() const { return at_; }

  template <class T>
  void operator()(const char*, const T& v) {
    field(v);
  }
  template <class T>
  void operator()(option o, const char*, const std::optional<T>& v) {
    if (!v) return;
    integer(o.type);
    std::uint8_t* const length = at_++;
    field(*v);
    const auto size = at_ - length - 1;
    WH_CHECK(size <= 255);
    *length = static_cast<std::uint8_t>(size);
  }
  void raw(byte_view b) {
    if (!b.empty()) std::memcpy(at_, b.data(), b.size());
    at_ += b.size();
  }
  template <class Int>
  void integer(Int v) {
    store_be(at_, v);
    at_ += sizeof(Int);
  }
  template <class T>
  void field(const T& v) {
    if constexpr (std::is_same_v<T, endpoint>) {
      const bool v4 = v.address.is_v4();
      integer(static_cast<std::uint8_t>(v4 ? 4 : 6));
      raw(byte_view{v.address.raw()}.subspan(v4 ? 12 : 0));
      raw(v.port_be);
    } else if constexpr (std::is_same_v<T, bytes>) {
      WH_CHECK(v.size() <= relayed_max);
      integer(static_cast<std::uint16_t>(v.size()));
      raw(v);
    } else if constexpr (is_bounded<T>::value) {
      static_assert(T::max <= 255);
      integer(static_cast<std::uint8_t>(v.size()));
      for (const auto& e : v) field(e);
    } else if constexpr (is_optional<T>::value) {
      integer(static_cast<std::uint8_t>(v ? 1 : 0));
      if (v) field(*v);
    } else if constexpr (std::is_enum_v<T>) {
      integer(static_cast<std::underlying_type_t<T>>(v));
    } else if constexpr (std::is_integral_v<T>) {
      integer(v);
    } else if constexpr (is_byte_array<T>::value) {
      raw(v);
    } else if constexpr (is_strong<T>::value) {
      field(v.value);
    } else {
      T::each_field(v, *this);
    }
  }

 private:
  std::uint8_t* at_;
};

/// Reads until the first error, which it keeps; after that it does nothing.
class reader {
 public:
  explicit reader(byte_view in) : in_(in) {}
  bool failed() const { return error_.has_value(); }
  decode_error error() const { return *error_; }
  byte_view rest() const { return in_; }

  template <class T>
  void operator()(const char*, T& v) {
    field(v);
  }
  template <class T>
  void operator()(option o, const char*, std::optional<T>& v) {
    while (const auto next = next_option()) {
      if (*next > o.type) return;
      reader value{take_option()};
      if (*next < o.type) continue;
      value.field(v.emplace());
      if (value.failed()) fail(value.error());
      return;
    }
  }
  /// Behind the last field of the list: what is not known is skipped.
  void skip_options() {
    while (next_option()) take_option();
  }
  byte_view take(std::size_t n) {
    if (failed()) return {};
    if (in_.size() < n) {
      fail(decode_error::truncated);
      return {};
    }
    const byte_view head = in_.first(n);
    in_ = in_.subspan(n);
    return head;
  }
  void fail(decode_error e) {
    if (!error_) error_ = e;
  }
  /// Zero after an error, so that a loop over it ends.
  template <class Int>
  Int integer() {
    const byte_view b = take(sizeof(Int));
    return failed() ? Int{} : load_be<Int>(b.data());
  }
  void raw(byte_span out) {
    const byte_view b = take(out.size());
    if (!failed()) std::memcpy(out.data(), b.data(), out.size());
  }
  /// The type of the optional field that comes next; none at the end.
  std::optional<std::uint8_t> next_option() {
    if (failed() || in_.empty()) return std::nullopt;
    if (in_.size() < 2 || in_[0] <= option_last_ || in_.size() - 2 < in_[1]) {
      fail(decode_error::trailing);
      return std::nullopt;
    }
    return in_[0];
  }
  byte_view take_option() {
    option_last_ = in_[0];
    const byte_view value = in_.subspan(2, in_[1]);
    in_ = in_.subspan(2 + value.size());
    return value;
  }
  void address(endpoint& e);
  void blob(bytes& b);

  template <class T>
  void field(T& v) {
    if constexpr (std::is_same_v<T, endpoint>) {
      address(v);
    } else if constexpr (std::is_same_v<T, bytes>) {
      blob(v);
    } else if constexpr (is_bounded<T>::value) {
      const std::size_t n = integer<std::uint8_t>();
      if (n > T::max) return fail(decode_error::over_bound);
      std::vector<typename T::value_type> items(n);
      for (std::size_t i = 0; i < n && !failed(); ++i) field(items[i]);
      v = T::first_of(std::move(items));
    } else if constexpr (is_optional<T>::value) {
      const auto flag = integer<std::uint8_t>();
      if (flag > 1) return fail(decode_error::bad_flag);
      if (flag == 1) field(v.emplace());
    } else if constexpr (std::is_enum_v<T>) {
      const auto raw_value = integer<std::underlying_type_t<T>>();
      if (raw_value > static_cast<std::underlying_type_t<T>>(T::last))
        return fail(decode_error::bad_enum);
      v = static_cast<T>(raw_value);
    } else if constexpr (std::is_integral_v<T>) {
      v = integer<T>();
    } else if constexpr (is_byte_array<T>::value) {
      raw(v);
    } else if constexpr (is_strong<T>::value) {
      field(v.value);
    } else {
      T::each_field(v, *this);
    }
  }

 private:
  byte_view in_;
  std::optional<decode_error> error_;
  std::uint8_t option_last_ = 0;
};

void reader::address(endpoint& e) {
  const auto family = integer<std::uint8_t>();
  if (failed()) return;
  if (family == 4) {
    e.address = ip_address::v4(integer<std::uint32_t>());
  } else if (family == 6) {
    fixed_bytes<16> a{};
    raw(a);
    e.address = ip_address::v6(a);
    if (!failed() && e.address.is_v4()) fail(decode_error::mapped_v4);
  } else {
    fail(decode_error::bad_family);
  }
  raw(e.port_be);
}

void reader::blob(bytes& b) {
  const std::size_t n = integer<std::uint16_t>();
  if (n > relayed_max) return fail(decode_error::over_bound);
  const byte_view v = take(n);
  b.assign(v.begin(), v.end());
}

template <class T>
expected<T, decode_error> take(byte_view& in) {
  reader r{in};
  T t;
  r.field(t);
  if (r.failed()) return unexpected(r.error());
  in = r.rest();
  return t;
}

template <class T>
expected<T, decode_error> decode_whole(byte_view in) {
  auto t = take<T>(in);
  if (t && !in.empty()) return unexpected(decode_error::trailing);
  return t;
}

template <class T>
std::size_t size_of(const T& t) {
  sizer s;
  s.field(t);
  return s.size;
}

template <class T>
void append(const T& t, bytes& out) {
  const std::size_t before = out.size();
  const std::size_t size = size_of(t);
  out.resize(before + size);
  writer w{out.data() + before};
  w.field(t);
  WH_CHECK(w.at() == out.data() + before + size);
}

template <class T>
expected<message, decode_error> decode_as(byte_view in) {
  reader r{in};
  expected<message, decode_error> m{tl::in_place, std::in_place_type<T>};
  T::each_field(std::get<T>(*m), r);
  r.skip_options();
  if (r.failed()) return unexpected(r.error());
  return m;
}

using decoder = expected<message, decode_error> (*)(byte_view);

template <std::size_t... I>
decoder decoder_of(std::uint8_t kind, std::index_sequence<I...>) {
  decoder d = nullptr;
  ((std::variant_alternative_t<I, message>::kind == kind
        ? void(d = &decode_as<std::variant_alternative_t<I, message>>)
        : void()),
   ...);
  return d;
}

/// Values as people read them: keys by their first characters, lists by their length.
class printer {
 public:
  std::string text;

  template <class T>
  void operator()(const char* name, const T& v) {
    if constexpr (std::is_same_v<T, signature>) {
      return;
    } else {
      if (text.back() != '{') text += ' ';
      text += name;
      text += '=';
      value(v);
    }
  }
  template <class T>
  void operator()(option, const char* name, const std::optional<T>& v) {
    if (v) (*this)(name, *v);
  }

 private:
  void value(const public_key& k) { text += short_name(k); }
  void value(const node_id& id) { text += to_hex(view(id)).substr(0, 8); }
  void value(const store_token& t) { text += to_hex(view(t)); }
  void value(const endpoint& e) { text += e.to_string(); }
  void value(const transaction& t) { text += std::to_string(t.value); }
  void value(const bytes& b) { text += std::to_string(b.size()) + 'B'; }
  void value(const record& r) { text += to_string(r); }
  void value(nat_class n) {
    constexpr std::string_view names[] = {"unknown", "open", "endpoint_independent",
                                          "endpoint_dependent", "blocked"};
    text += names[static_cast<std::size_t>(n)];
  }
  void value(store_result s) {
    constexpr std::string_view names[] = {"stored", "old", "quota", "bad_token", "bad_record"};
    text += names[static_cast<std::size_t>(s)];
  }
  void value(attach_result a) {
    constexpr std::string_view names[] = {"granted", "refused", "full"};
    text += names[static_cast<std::size_t>(a)];
  }
  void value(translation t) { text += t == translation::none ? "none" : "translated"; }
  void value(connect_phase p) {
    constexpr std::string_view names[] = {"offer", "answer", "sync"};
    text += names[static_cast<std::size_t>(p)];
  }
  template <class T>
  requires std::is_integral_v<T>
  void value(T v) { text += std::to_string(v); }
  template <class T, std::size_t N>
  void value(const bounded<T, N>& l) {
    text += std::to_string(l.size());
  }
  template <class T>
  void value(const std::optional<T>& o) {
    if (o)
      value(*o);
    else
      text += '-';
  }
};

template <class T>
bool fit_contacts(T& m, std::size_t size, std::size_t size_max) {
  auto list = m.contacts.items();
  while (size > size_max && !list.empty()) {
    size -= 32 + endpoint_size(list.back().where);
    list.pop_back();
  }
  if (size > size_max) return false;
  m.contacts = decltype(m.contacts)::first_of(std::move(list));
  return true;
}

}  // namespace

std::string_view to_string(decode_error e) {
  constexpr std::string_view names[] = {"truncated", "trailing",   "unknown_kind", "over_bound",
                                        "bad_enum",  "bad_family", "mapped_v4",    "bad_flag"};
  return names[static_cast<std::size_t>(e)];
}

std::size_t encoded_size(const message& m) {
  return std::visit([](const auto& x) { return 1 + size_of(x); }, m);
}

std::size_t plain_size(const message& m) {
  return std::visit(
      [](const auto& x) -> std::size_t {
        if (x.later) return 0;
        sizer s;
        s.field(x);
        return 1 + s.size - s.optional;
      },
      m);
}

std::size_t encode_to(const message& m, byte_span out) {
  const std::size_t size = encoded_size(m);
  WH_CHECK(size <= out.size());
  writer w{out.data()};
  std::visit(
      [&w](const auto& x) {
        w.integer(x.kind);
        w.field(x);
      },
      m);
  WH_CHECK(w.at() == out.data() + size);
  return size;
}

void encode(const message& m, bytes& out) {
  const std::size_t before = out.size();
  out.resize(before + encoded_size(m));
  encode_to(m, byte_span{out}.subspan(before));
}

expected<message, decode_error> decode(byte_view in) {
  if (in.empty()) return unexpected(decode_error::truncated);
  const decoder d = decoder_of(in[0], std::make_index_sequence<std::variant_size_v<message>>{});
  if (d == nullptr) return unexpected(decode_error::unknown_kind);
  return d(in.subspan(1));
}

void encode(const record& r, bytes& out) { append(r, out); }
void encode(const contact& c, bytes& out) { append(c, out); }
expected<record, decode_error> decode_record(byte_view in) { return decode_whole<record>(in); }
expected<contact, decode_error> decode_contact(byte_view in) { return decode_whole<contact>(in); }
expected<contact, decode_error> take_contact(byte_view& in) { return take<contact>(in); }

bytes signed_part(const record& r, std::string_view name_space) {
  constexpr std::string_view label = "WireHub record 1";
  bytes b(label.begin(), label.end());
  append(r, b);
  b.resize(b.size() - sizeof r.sign.value);
  b.insert(b.end(), name_space.begin(), name_space.end());
  return b;
}

bool fit(message& m, std::size_t size_max) {
  const std::size_t size = encoded_size(m);
  if (size <= size_max) return true;
  if (auto* n = std::get_if<nodes>(&m)) return fit_contacts(*n, size, size_max);
  if (auto* r = std::get_if<records>(&m)) return fit_contacts(*r, size, size_max);
  return false;
}

std::string_view name_of(const message& m) {
  return std::visit([](const auto& x) { return x.message_name; }, m);
}

std::string_view name_of(std::uint8_t kind) {
  std::string_view name = "unknown";
  const auto each = [&]<class... M>(const std::variant<M...>*) {
    ((M::kind == kind ? void(name = M::message_name) : void()), ...);
  };
  each(static_cast<const message*>(nullptr));
  return name;
}

std::string to_string(const message& m) {
  printer p;
  p.text = std::string{name_of(m)} + '{';
  std::visit([&p](const auto& x) { x.each_field(x, p); }, m);
  return p.text + '}';
}

std::string to_string(const record& r) {
  printer p;
  p.text = "record{";
  record::each_field(r, p);
  return p.text + '}';
}

}  // namespace wh::wire
