<?php
/**
 * As much of WordPress as its plug-in calls, in the way of WordPress: whatever else it calls is a fatal error.
 *
 * Reads a job as JSON from its standard input: `option` is what is stored, `post_type` the kind of the single page that
 * is shown, `other` whether a script of somebody else is there, `may` whether the user may manage options, `do` what is wanted: a page with `content`, the page of
 * `settings`, `sanitize` of what was sent, `uninstall`, or what is `registered`.
 */

declare( strict_types = 1 );
error_reporting( E_ALL );
set_error_handler( static function ( int $level, string $said, string $file, int $line ): void {
	throw new ErrorException( $said, 0, $level, $file, $line );
} );

const ABSPATH = '/';
$job   = json_decode( stream_get_contents( STDIN ), true, 512, JSON_THROW_ON_ERROR );
$known = array_fill_keys( array( 'hooks', 'shortcodes', 'blocks', 'scripts', 'queue', 'errors', 'menu', 'registered', 'deleted' ), array() );
$known['site'] = 1;

function add_filter( $name, $what, $priority = 10, $arguments = 1 ) { $GLOBALS['known']['hooks'][ $name ][] = array( $what, $arguments ); }
function add_action( $name, $what ) { add_filter( $name, $what ); }
function do_action( $name ) { foreach ( $GLOBALS['known']['hooks'][ $name ] ?? array() as list( $what ) ) { $what(); } }
function apply_filters( $name, $value, ...$more ) {
	foreach ( $GLOBALS['known']['hooks'][ $name ] ?? array() as list( $what, $arguments ) ) {
		$value = $what( ...array_slice( array( $value, ...$more ), 0, $arguments ) );
	}
	return $value;
}
function plugin_basename( $file ) { return 'career-chatbot/' . basename( $file ); }
function register_uninstall_hook( $file, $what ) { $GLOBALS['known']['uninstall'] = $what; }
function load_plugin_textdomain( $domain, $old, $folder ) { return 'career-chatbot' === $domain && 'career-chatbot/languages' === $folder; }

// Words: marked where they were translated, so that a test sees which were not.
function __( $text, $domain ) { if ( 'career-chatbot' !== $domain ) { throw new Exception( "no domain: $text" ); } return $GLOBALS['job']['translated'] ?? '' ? "<$text>" : $text; }
function esc_html__( $text, $domain ) { return esc_html( __( $text, $domain ) ); }
function esc_html_e( $text, $domain ) { echo esc_html__( $text, $domain ); }
function esc_html( $text ) { return htmlspecialchars( (string) $text, ENT_QUOTES | ENT_HTML5, 'UTF-8', false ); }
function esc_attr( $text ) { return esc_html( $text ); }
function esc_url( $url ) { return esc_html( esc_url_raw( $url ) ); }
function esc_url_raw( $url, $protocols = array( 'http', 'https' ) ) {
	$url = preg_replace( '|[^a-z0-9-~+_.?#=!&;,/:%@$\|*\'()\[\]\x80-\xff]|i', '', str_replace( ' ', '%20', trim( $url ) ) );
	return in_array( strtolower( (string) parse_url( $url, PHP_URL_SCHEME ) ), $protocols, true ) ? $url : '';
}
function sanitize_text_field( $text ) { return trim( preg_replace( '/[\r\n\t ]+/', ' ', strip_tags( preg_replace( '@<(script|style)[^>]*?>.*?</\1>@si', '', $text ) ) ) ); }
function sanitize_hex_color( $color ) { return '' === $color ? '' : ( preg_match( '/^#([A-Fa-f0-9]{3}){1,2}$/', $color ) ? $color : null ); }
function wp_parse_args( $said, $defaults ) { return array_merge( $defaults, $said ); }
function wp_parse_url( $url ) { return parse_url( $url ); }
function trailingslashit( $text ) { return rtrim( $text, '/\\' ) . '/'; }
function wp_json_encode( $value, $flags = 0 ) { return json_encode( $value, $flags ); }

function is_multisite() { return (bool) ( $GLOBALS['job']['sites'] ?? 0 ); }
function get_sites( $how ) { return 'ids' === $how['fields'] && 0 === $how['number'] ? $GLOBALS['job']['sites'] : array(); }
function switch_to_blog( $site ) { $GLOBALS['known']['site'] = $site; }
function restore_current_blog() { $GLOBALS['known']['site'] = 1; }
function get_option( $name, $default ) { return 'career_chatbot' === $name ? $GLOBALS['job']['option'] ?? $default : $default; }
function delete_option( $name ) { $GLOBALS['known']['deleted'][] = array( $GLOBALS['known']['site'], $name ); }
function is_singular( $type ) { return ( $GLOBALS['job']['post_type'] ?? '' ) === $type; }
function current_user_can( $what ) { return 'manage_options' === $what && ( $GLOBALS['job']['may'] ?? false ); }
function home_url() { return 'https://example.org:8443/blog'; }
function admin_url( $path ) { return 'https://example.org:8443/blog/wp-admin/' . $path; }
function get_admin_page_title() { return 'Career chatbot'; }
function add_options_page( ...$page ) { $GLOBALS['known']['menu'] = $page; }
function register_setting( $group, $name, $how ) { $GLOBALS['known']['registered'][ $name ] = array( 'group' => $group ) + $how; }
function settings_fields( $group ) { echo '<input type="hidden" name="option_page" value="' . esc_attr( $group ) . '"><input type="hidden" name="_wpnonce" value="n">'; }
function add_settings_error( $setting, $code, $message ) { $GLOBALS['known']['errors'][] = array( $setting, $code, $message ); }
function submit_button() { echo '<input type="submit" value="Save">'; }
function checked( $one, $other ) { echo (string) $one === (string) $other ? " checked='checked'" : ''; }
function selected( $one, $other, $show ) { return (string) $one === (string) $other ? " selected='selected'" : ''; }

function wp_register_script( $handle, $src, $needs, $version, $footer ) { $GLOBALS['known']['scripts'][ $handle ] = compact( 'src', 'needs', 'version' ); }
function wp_add_inline_script( $handle, $code ) { $GLOBALS['known']['scripts'][ $handle ]['code'] = $code; }
function wp_enqueue_script( $handle, $src, $needs, $version, $how ) { $GLOBALS['known']['queue'][ $handle ] = array( $src, $version, $how ); }
function register_block_type( $name, $how ) { $GLOBALS['known']['blocks'][ $name ] = $how; }
function get_block_wrapper_attributes() { return 'class="wp-block-career-chatbot-chat"'; }
function add_shortcode( $name, $what ) { $GLOBALS['known']['shortcodes'][ $name ] = $what; }
/** What WordPress makes of a text: its shortcodes, and blocks as it stores them. */
function content( $text ) {
	$text = preg_replace_callback( '/<!-- wp:([\w\/-]+) (\{.*?\}) \/-->/', static function ( $found ) {
		$block = $GLOBALS['known']['blocks'][ $found[1] ];
		$own   = array_intersect_key( json_decode( $found[2], true ), $block['attributes'] );
		$own  += array_map( static fn( $one ) => $one['default'], $block['attributes'] );
		return $block['render_callback']( $own, '', null );
	}, $text );
	return preg_replace_callback( '/\[(\w+)((?:\s+\w+=(?:"[^"]*"|\'[^\']*\'|\S+?))*)\s*\]/', static function ( $found ) {
		preg_match_all( '/(\w+)=(?|"([^"]*)"|\'([^\']*)\'|(\S+))/', $found[2], $pairs );
		$said = array_combine( array_map( 'strtolower', $pairs[1] ), array_map( 'stripcslashes', $pairs[2] ) );
		return $GLOBALS['known']['shortcodes'][ $found[1] ]( $said ? $said : '', '', $found[1] );
	}, $text );
}
function footer() {
	$html = '';
	foreach ( $GLOBALS['known']['queue'] as $handle => list( $src, $version, $how ) ) {
		$src   = esc_url( null === $version ? $src : "$src?ver=$version" );
		$async = 'async' === $how['strategy'] && $how['in_footer'] ? ' async' : '';
		$tag   = "<script src=\"$src\" id=\"$handle-js\"$async data-wp-strategy=\"async\"></script>\n";
		$html .= apply_filters( 'script_loader_tag', $tag, $handle, $src );
	}
	$other = "<script src=\"https://example.org/other.js\"></script>\n";
	return $html . ( $GLOBALS['job']['other'] ?? false ? apply_filters( 'script_loader_tag', $other, 'other', '' ) : '' );
}

require $argv[1];
do_action( 'init' );
do_action( 'admin_init' );
do_action( 'admin_menu' );
switch ( $job['do'] ) {
	case 'page':
		do_action( 'wp_enqueue_scripts' );
		$body = content( $job['content'] ?? '' );
		echo "<main>$body</main>\n" . footer();
		break;
	case 'settings':
		$known['menu'][4]();
		break;
	case 'sanitize':
		$kept = $known['registered']['career_chatbot']['sanitize_callback']( $job['sent'] );
		echo json_encode( array( 'kept' => $kept, 'errors' => $known['errors'] ) );
		break;
	case 'uninstall':
		$known['uninstall']();
		echo json_encode( array( $known['deleted'], $known['site'] ) );
		break;
	case 'registered':
		$links = apply_filters( 'plugin_action_links_career-chatbot/career-chatbot.php', array( 'last' ) );
		echo json_encode( $known + array( 'links' => $links ) );
		break;
}
