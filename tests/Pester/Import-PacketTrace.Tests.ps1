BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
    $capture = "$PSScriptRoot/../../examples/dns-and-http.pcap"
}

Describe 'Import-PacketTrace' {
    It 'reads a capture and says what is in it' {
        $trace = Import-PacketTrace $capture
        $trace.Name | Should -Be 'dns-and-http.pcap'
        $trace.Packets | Should -BeGreaterThan 1000
        $trace.Duration.TotalMilliseconds | Should -BeGreaterThan 0
        $trace.Failure | Should -BeNullOrEmpty
    }

    It 'keeps what the filter names, and counts the rest' {
        $all = Import-PacketTrace $capture
        $dns = Import-PacketTrace $capture -Port 53 -Protocol Udp
        $dns.Packets | Should -BeLessThan $all.Packets
        ($dns.Packets + $dns.Statistics.Filtered) | Should -Be $all.Packets
    }

    It 'refuses a prefix that is none' {
        { Import-PacketTrace $capture -Source 10.0.0.0/99 } | Should -Throw -ErrorId 'ParameterArgumentTransformationError*'
    }

    It 'refuses a file that is not a capture' {
        Set-Content TestDrive:/text.pcap 'this is no capture, however long the line may be'
        { Import-PacketTrace TestDrive:/text.pcap -ErrorAction Stop } | Should -Throw -ErrorId 'TraceInvalid*'
    }

    It 'reports a file that is not there' {
        { Import-PacketTrace TestDrive:/nothing.pcap -ErrorAction Stop } | Should -Throw -ErrorId 'FileNotFound*'
    }

    It 'keeps what was read of a truncated file, and says where it broke' {
        $bytes = [System.IO.File]::ReadAllBytes($capture)
        $cut = Join-Path $TestDrive 'cut.pcap'
        [System.IO.File]::WriteAllBytes($cut, $bytes[0..($bytes.Length - 20)])
        $warning = $null
        $trace = Import-PacketTrace $cut -WarningVariable warning -WarningAction SilentlyContinue
        $trace.Packets | Should -BeGreaterThan 1000
        $trace.Failure.Location.Offset | Should -BeGreaterThan 1000
        $warning.Count | Should -Be 1
        "$($warning[0])" | Should -Match '\d+ records before it were read'
    }

    It 'reads a table, counts a bad row and explains it' {
        Set-Content TestDrive:/flows.csv 'time,protocol,source,source-port,destination,destination-port', '1,udp,10.0.0.1,4000,192.0.2.1,53', '2,tcp,10.0.0.999,4000,192.0.2.1,53', '3,tcp,2001:db8::9,4001,2001:db8::1,443'
        $warning = $null
        $trace = Import-PacketTrace TestDrive:/flows.csv -WarningVariable warning -WarningAction SilentlyContinue
        $trace.Packets | Should -Be 2
        $trace.Statistics.Malformed | Should -Be 1
        $trace.Duration.TotalSeconds | Should -Be 2
        "$($warning[0])" | Should -Match "Line 3 .*'10.0.0.999' is no source"
    }

    It 'keeps what goes to an end point' {
        $table = Join-Path $TestDrive 'flows.csv'
        $warning = $null
        (Import-PacketTrace $table -EndPoint 192.0.2.1:53 -WarningVariable warning -WarningAction SilentlyContinue).Packets | Should -Be 1
        (Import-PacketTrace $table -EndPoint 192.0.2.1:53, '[::]:443' -WarningVariable warning -WarningAction SilentlyContinue).Packets | Should -Be 2
        (Import-PacketTrace $table -SourcePort 4001 -WarningVariable warning -WarningAction SilentlyContinue).Packets | Should -Be 1
        { Import-PacketTrace $table -EndPoint nowhere } | Should -Throw -ErrorId 'ParameterArgumentTransformationError*'
    }

    It 'reads a pcapng file' {
        $file = Join-Path $TestDrive 'one.pcapng'
        $section = '0a0d0d0a1c0000004d3c2b1a01000000ffffffffffffffff1c000000'
        $interface = '010000001400000065000000000000001400000000'.Substring(0, 40)
        $packet = '060000004400000000000000000000000000000021000000210000004500002100010000401100000a010203c000020115b30035000d000068656c6c6f00000044000000'
        [System.IO.File]::WriteAllBytes($file, [System.Convert]::FromHexString($section + $interface + $packet))
        $trace = Import-PacketTrace $file
        $trace.Packets | Should -Be 1
        $trace.Failure | Should -BeNullOrEmpty
    }
}
