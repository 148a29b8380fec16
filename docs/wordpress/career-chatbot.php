<?php
/**
 * Plugin Name:       Career Chatbot
 * Description:       Puts the career chatbot on your pages: it answers with passages of real articles, word for word.
 * Version:           0.1.0
 * Requires at least: 6.3
 * Requires PHP:      7.4
 * License:           Apache-2.0
 * License URI:       https://www.apache.org/licenses/LICENSE-2.0
 * Text Domain:       career-chatbot
 * Domain Path:       /languages
 *
 * The server of WordPress asks nobody anything: visitors' browsers load the widget from the address in the settings.
 *
 * @package career-chatbot
 */

defined( 'ABSPATH' ) || exit;

const CAREER_CHATBOT_LANGUAGES = array(
	'en' => 'English',
	'de' => 'Deutsch',
	'fr' => 'Français',
	'es' => 'Español',
	'ar' => 'العربية',
);

add_action( 'init', 'career_chatbot_init' );
add_action( 'admin_init', 'career_chatbot_admin_init' );
add_action( 'admin_menu', 'career_chatbot_menu' );
add_action( 'wp_enqueue_scripts', 'career_chatbot_enqueue_where_chosen' );
add_filter( 'script_loader_tag', 'career_chatbot_tag', 10, 2 );
add_filter( 'plugin_action_links_' . plugin_basename( __FILE__ ), 'career_chatbot_links' );
register_uninstall_hook( __FILE__, 'career_chatbot_uninstall' );

/**
 * The settings, each of them present.
 *
 * @return array<string,string> `address` ends in a slash, or is empty; `files` is "1" where it is a folder of files.
 */
function career_chatbot_settings() {
	$defaults = array(
		'address'  => '',
		'files'    => '',
		'title'    => '',
		'color'    => '',
		'theme'    => '',
		'language' => '',
		'where'    => 'all',
	);
	return wp_parse_args( (array) get_option( 'career_chatbot', array() ), $defaults );
}

/** The shortcode, the block and the words of other languages. */
function career_chatbot_init() {
	load_plugin_textdomain( 'career-chatbot', false, dirname( plugin_basename( __FILE__ ) ) . '/languages' );
	add_shortcode( 'career_chatbot', 'career_chatbot_shortcode' );

	$needs = array( 'wp-block-editor', 'wp-blocks', 'wp-components', 'wp-element' );
	wp_register_script( 'career-chatbot-editor', false, $needs, '0.1.0', true );
	wp_add_inline_script( 'career-chatbot-editor', career_chatbot_editor_script() );
	$text = array(
		'type'    => 'string',
		'default' => '',
	);
	register_block_type(
		'career-chatbot/chat',
		array(
			'api_version'     => 3,
			'title'           => __( 'Career chatbot', 'career-chatbot' ),
			'description'     => __( 'The chatbot inside the page.', 'career-chatbot' ),
			'category'        => 'widgets',
			'icon'            => 'format-chat',
			'attributes'      => array_fill_keys( array( 'title', 'color', 'theme', 'language' ), $text ),
			'supports'        => array( 'html' => false ),
			'editor_script'   => 'career-chatbot-editor',
			'render_callback' => 'career_chatbot_block',
		)
	);
}

/** Whether the launcher shows on the page that is being made. */
function career_chatbot_shows() {
	$where = career_chatbot_settings()['where'];
	return 'all' === $where || ( 'posts' === $where && is_singular( 'post' ) );
}

/** The script on pages that were chosen. */
function career_chatbot_enqueue_where_chosen() {
	if ( career_chatbot_shows() ) {
		career_chatbot_enqueue();
	}
}

/** The script, at the end of the page, once; nothing where no address is set. */
function career_chatbot_enqueue() {
	$address = career_chatbot_settings()['address'];
	if ( '' === $address ) {
		return;
	}
	$how = array(
		'strategy'  => 'async',
		'in_footer' => true,
	);
	// The chatbot's server says how long its script may be kept.
	wp_enqueue_script( 'career-chatbot', $address . 'widget.js', array(), null, $how ); // phpcs:ignore WordPress.WP.EnqueuedResourceParameters.MissingVersion
}

/**
 * The script's tag with what the settings say, and a plain link for visitors without scripts.
 *
 * @param string $tag    As WordPress made it.
 * @param string $handle Whose it is.
 */
function career_chatbot_tag( $tag, $handle ) {
	$at = strpos( $tag, ' src=' );
	if ( 'career-chatbot' !== $handle || false === $at ) {
		return $tag;
	}
	$settings = career_chatbot_settings();
	$shows    = career_chatbot_shows();
	$tag      = substr_replace( $tag, career_chatbot_attributes( array(), $shows ? '' : 'no' ), $at, 0 );
	if ( ! $shows ) {
		return $tag;
	}
	$page = $settings['address'] . ( $settings['files'] ? 'search.html' : 'chat/' );
	$link = '<a href="' . esc_url( $page ) . '">' . esc_html__( 'Ask a question', 'career-chatbot' ) . '</a>';
	return $tag . '<noscript>' . $link . '</noscript>' . "\n";
}

/**
 * Attributes of the widget as HTML, each with a space in front.
 *
 * @param array<string,string> $own      What goes before the settings; what is none of theirs is left out.
 * @param string               $launcher Of the script alone.
 */
function career_chatbot_attributes( $own, $launcher = '' ) {
	$settings = career_chatbot_settings();
	$own      = array_filter( career_chatbot_looks( $own ), 'strlen' );
	$looks    = array_merge( career_chatbot_looks( $settings ), $own );
	if ( '' !== $launcher ) {
		$looks['launcher'] = $launcher;
	}
	$html = $settings['files'] ? ' data-static=""' : '';
	foreach ( array_filter( $looks, 'strlen' ) as $name => $value ) {
		$html .= ' data-' . $name . '="' . esc_attr( $value ) . '"';
	}
	return $html;
}

/**
 * Title, colour, theme and language as the widget takes them, empty where they are none.
 *
 * @param array<string,mixed> $said As somebody typed them.
 */
function career_chatbot_looks( $said ) {
	$said = array_map( 'strval', array_filter( (array) $said, 'is_scalar' ) );
	$said = wp_parse_args( $said, array_fill_keys( array( 'title', 'color', 'theme', 'language' ), '' ) );
	return array(
		'title'    => sanitize_text_field( $said['title'] ),
		'color'    => (string) sanitize_hex_color( $said['color'] ),
		'theme'    => in_array( $said['theme'], array( 'light', 'dark' ), true ) ? $said['theme'] : '',
		'language' => array_key_exists( $said['language'], CAREER_CHATBOT_LANGUAGES ) ? $said['language'] : '',
	);
}

/**
 * The chatbot inside the page.
 *
 * @param array<string,mixed> $own Its looks where they differ from the settings.
 */
function career_chatbot_element( $own ) {
	if ( '' === career_chatbot_settings()['address'] ) {
		return '';
	}
	career_chatbot_enqueue();
	return '<career-chatbot' . career_chatbot_attributes( $own ) . '></career-chatbot>';
}

/**
 * [career_chatbot title="…" color="#12604e" theme="dark" language="de"]
 *
 * @param array<string,string>|string $said What stands in the shortcode.
 */
function career_chatbot_shortcode( $said ) {
	return career_chatbot_element( (array) $said );
}

/**
 * The same as a block.
 *
 * @param array<string,mixed> $attributes Of the block.
 */
function career_chatbot_block( $attributes ) {
	$element = career_chatbot_element( $attributes );
	return '' === $element ? '' : '<div ' . get_block_wrapper_attributes() . '>' . $element . '</div>';
}

/** What the block is in the editor: its settings beside it, and its name where it will stand. */
function career_chatbot_editor_script() {
	$words = array(
		'look'      => __( 'Looks', 'career-chatbot' ),
		'note'      => __( 'The chatbot is here once the page is published.', 'career-chatbot' ),
		'name'      => __( 'Career chatbot', 'career-chatbot' ),
		'title'     => __( 'Title', 'career-chatbot' ),
		'color'     => __( 'Colour, such as #12604e', 'career-chatbot' ),
		'theme'     => __( 'Theme', 'career-chatbot' ),
		'language'  => __( 'Language', 'career-chatbot' ),
		'themes'    => career_chatbot_options( career_chatbot_themes() ),
		'languages' => career_chatbot_options( career_chatbot_language_names() ),
	);
	$flags = JSON_HEX_TAG | JSON_UNESCAPED_UNICODE;
	return '( ( words ) => {
	const { createElement: el } = wp.element;
	const { InspectorControls, useBlockProps } = wp.blockEditor;
	const { PanelBody, Placeholder, SelectControl, TextControl } = wp.components;
	wp.blocks.registerBlockType( "career-chatbot/chat", {
		edit: ( { attributes, setAttributes } ) => {
			const field = ( control, name, options ) => el( control, {
				key: name, label: words[ name ], value: attributes[ name ], options,
				onChange: ( value ) => setAttributes( { [ name ]: value } ),
			} );
			return el( "div", useBlockProps(),
				el( InspectorControls, null, el( PanelBody, { title: words.look },
					field( TextControl, "title" ), field( TextControl, "color" ),
					field( SelectControl, "theme", words.themes ), field( SelectControl, "language", words.languages ) ) ),
				el( Placeholder, { icon: "format-chat", label: attributes.title || words.name, instructions: words.note } ) );
		},
		save: () => null,
	} );
} )( ' . wp_json_encode( $words, $flags ) . ' );';
}

/**
 * What can be chosen, as the editor wants it.
 *
 * @param array<string,string> $names Names by their values.
 */
function career_chatbot_options( $names ) {
	$options = array();
	foreach ( $names as $value => $label ) {
		$options[] = compact( 'value', 'label' );
	}
	return $options;
}

/** Themes by their values. */
function career_chatbot_themes() {
	return array(
		''      => __( 'As the page', 'career-chatbot' ),
		'light' => __( 'Light', 'career-chatbot' ),
		'dark'  => __( 'Dark', 'career-chatbot' ),
	);
}

/** Languages by their codes. */
function career_chatbot_language_names() {
	return array( '' => __( 'As the page', 'career-chatbot' ) ) + CAREER_CHATBOT_LANGUAGES;
}

/** Where it may show, by the values of the setting. */
function career_chatbot_places() {
	return array(
		'all'   => __( 'On every page', 'career-chatbot' ),
		'posts' => __( 'On posts alone', 'career-chatbot' ),
		'none'  => __( 'Only where the block or the shortcode [career_chatbot] stands', 'career-chatbot' ),
	);
}

/** The page of settings in the menu. */
function career_chatbot_menu() {
	$name = __( 'Career chatbot', 'career-chatbot' );
	add_options_page( $name, $name, 'manage_options', 'career-chatbot', 'career_chatbot_page' );
}

/**
 * A link to the settings in the list of plug-ins.
 *
 * @param string[] $links Those that are there.
 */
function career_chatbot_links( $links ) {
	$address = admin_url( 'options-general.php?page=career-chatbot' );
	$link    = '<a href="' . esc_url( $address ) . '">' . esc_html__( 'Settings', 'career-chatbot' ) . '</a>';
	return array_merge( array( $link ), $links );
}

/** The setting, which WordPress stores for those who may manage options, with a nonce, after it was sanitised. */
function career_chatbot_admin_init() {
	register_setting(
		'career_chatbot',
		'career_chatbot',
		array(
			'type'              => 'array',
			'sanitize_callback' => 'career_chatbot_sanitize',
			'show_in_rest'      => false,
		)
	);
}

/**
 * What was sent, as it is stored.
 *
 * @param mixed $sent From the form.
 * @return array<string,string>
 */
function career_chatbot_sanitize( $sent ) {
	$before = career_chatbot_settings();
	if ( ! is_array( $sent ) || ! current_user_can( 'manage_options' ) ) {
		return $before;
	}
	$sent    = wp_parse_args( array_filter( $sent, 'is_scalar' ), array_fill_keys( array_keys( $before ), '' ) );
	$address = career_chatbot_address( (string) $sent['address'] );
	if ( null === $address ) {
		$wrong = __( 'The address cannot be used; expected one such as https://chat.example.org/.', 'career-chatbot' );
		add_settings_error( 'career_chatbot', 'address', $wrong );
		$address = $before['address'];
	}
	$kept = array(
		'address' => $address,
		'files'   => empty( $sent['files'] ) ? '' : '1',
		'where'   => array_key_exists( (string) $sent['where'], career_chatbot_places() ) ? (string) $sent['where'] : 'all',
	);
	return $kept + career_chatbot_looks( $sent );
}

/**
 * The address of the folder in which widget.js lies, with a slash at its end.
 *
 * @param string $typed As somebody typed or copied it.
 * @return string|null Empty for none, null for what is no address.
 */
function career_chatbot_address( $typed ) {
	$typed = trim( $typed );
	if ( '' === $typed ) {
		return '';
	}
	$parts = wp_parse_url( $typed );
	if ( empty( $parts['host'] ) || ! in_array( $parts['scheme'] ?? '', array( 'https', 'http' ), true ) || isset( $parts['user'] ) ) {
		return null;
	}
	$typed   = preg_replace( '~[?#].*$~s', '', $typed );
	$typed   = preg_replace( '~(?<=/)(?:widget\.js|search\.html|index\.html)$~', '', $typed );
	$address = esc_url_raw( $typed, array( 'https', 'http' ) );
	return '' === $address ? null : trailingslashit( $address );
}

/** The page of settings. */
function career_chatbot_page() {
	if ( ! current_user_can( 'manage_options' ) ) {
		return;
	}
	$now  = career_chatbot_settings();
	$home = wp_parse_url( home_url() );
	$site = $home['scheme'] . '://' . $home['host'] . ( isset( $home['port'] ) ? ':' . $home['port'] : '' );
	?>
	<div class="wrap">
		<h1><?php echo esc_html( get_admin_page_title() ); ?></h1>
		<form action="options.php" method="post">
			<?php settings_fields( 'career_chatbot' ); ?>
			<table class="form-table" role="presentation">
				<tr>
					<th scope="row"><label for="career-chatbot-address"><?php esc_html_e( 'Address', 'career-chatbot' ); ?></label></th>
					<td>
						<input type="url" class="regular-text code" id="career-chatbot-address" name="career_chatbot[address]"
							value="<?php echo esc_attr( $now['address'] ); ?>" placeholder="https://chat.example.org/">
						<p>
							<label>
								<input type="checkbox" name="career_chatbot[files]" value="1" <?php checked( $now['files'], '1' ); ?>>
								<?php esc_html_e( 'This is a folder of files, written by “chatbot export”', 'career-chatbot' ); ?>
							</label>
						</p>
						<p class="description"><?php esc_html_e( 'A server has to know this site: add these lines to its chatbot.toml.', 'career-chatbot' ); ?></p>
						<pre><code>[[sites]]
origins = ["<?php echo esc_html( $site ); ?>"]</code></pre>
					</td>
				</tr>
				<tr>
					<th scope="row"><label for="career-chatbot-title"><?php esc_html_e( 'Title', 'career-chatbot' ); ?></label></th>
					<td><input type="text" class="regular-text" id="career-chatbot-title" name="career_chatbot[title]" value="<?php echo esc_attr( $now['title'] ); ?>"></td>
				</tr>
				<tr>
					<th scope="row"><label for="career-chatbot-color"><?php esc_html_e( 'Colour', 'career-chatbot' ); ?></label></th>
					<td><input type="text" class="code" id="career-chatbot-color" name="career_chatbot[color]" value="<?php echo esc_attr( $now['color'] ); ?>" placeholder="#12604e" pattern="#([0-9a-fA-F]{3}){1,2}"></td>
				</tr>
				<?php
				career_chatbot_choice( 'theme', __( 'Theme', 'career-chatbot' ), career_chatbot_themes(), $now['theme'] );
				career_chatbot_choice( 'language', __( 'Language', 'career-chatbot' ), career_chatbot_language_names(), $now['language'] );
				career_chatbot_choice( 'where', __( 'Where it shows', 'career-chatbot' ), career_chatbot_places(), $now['where'] );
				?>
			</table>
			<?php submit_button(); ?>
		</form>
	</div>
	<?php
}

/**
 * A row with a choice.
 *
 * @param string               $name    Of the setting.
 * @param string               $label   What it is called.
 * @param array<string,string> $choices Names by their values.
 * @param string               $now     The value that is stored.
 */
function career_chatbot_choice( $name, $label, $choices, $now ) {
	$id = 'career-chatbot-' . $name;
	echo '<tr><th scope="row"><label for="' . esc_attr( $id ) . '">' . esc_html( $label ) . '</label></th><td>';
	echo '<select id="' . esc_attr( $id ) . '" name="career_chatbot[' . esc_attr( $name ) . ']">';
	foreach ( $choices as $value => $shown ) {
		echo '<option value="' . esc_attr( $value ) . '"' . selected( $now, $value, false ) . '>' . esc_html( $shown ) . '</option>';
	}
	echo '</select></td></tr>';
}

/** Nothing of it stays behind, on none of the sites of a network. */
function career_chatbot_uninstall() {
	if ( ! is_multisite() ) {
		delete_option( 'career_chatbot' );
		return;
	}
	$every = array(
		'fields' => 'ids',
		'number' => 0,
	);
	foreach ( get_sites( $every ) as $site ) {
		switch_to_blog( $site );
		delete_option( 'career_chatbot' );
		restore_current_blog();
	}
}
